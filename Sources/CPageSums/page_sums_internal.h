#ifndef APPARITEUR_PAGE_SUMS_INTERNAL_H
#define APPARITEUR_PAGE_SUMS_INTERNAL_H

#include "include/page_sums.h"
#include <sqlite3.h>

/// A main file, or its log. The file that SQLite's own layer opened lies behind it in the same piece of memory.
typedef struct sum_file {
    sqlite3_file base;
    sqlite3_file *real;
    /// Of a log: the main file that it belongs to. Null: this is the main file.
    struct sum_file *main;
    uint32_t page_size;
    /// Pages are written with their sum, and are not to have another when they are read.
    int has_sums;
    int is_readonly;
    /// Between the start and the end of copying the log into the main file.
    int is_copying;
    /// Its connection may write pages into the log before it commits, and again after: their checksums are not right meanwhile.
    int spills;
    /// The log's shared index is open.
    int has_index;
} sum_file;

/// What this program asks of a file, beside SQLite's own questions.
enum { SUMS_ARE_KEPT = 0x41505001, SUMS_READ_RAW, SUMS_FILE_SIZE, SUMS_LOG_STATE };

typedef struct {
    void *buffer;
    int amount;
    int64_t offset;
} raw_read;

void page_sum_prepare(void);
uint64_t page_sum_of(uint32_t number, const void *page, uint32_t size);
void page_sum_write(uint32_t number, uint8_t *page, uint32_t size);

/// Records what was found, for people, and returns SQLite's code for it.
int sum_damage(uint32_t page, uint32_t frame);

int sum_main_read(sum_file *file, void *buffer, int amount, sqlite3_int64 offset);
int sum_main_write(sum_file *file, const void *bytes, int amount, sqlite3_int64 offset);
int sum_log_read(sum_file *file, void *buffer, int amount, sqlite3_int64 offset);

#endif
