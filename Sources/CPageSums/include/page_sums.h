#ifndef APPARITEUR_PAGE_SUMS_H
#define APPARITEUR_PAGE_SUMS_H

// Checksums in an SQLite database file.
//
// Each page of the main file ends in eight bytes that SQLite leaves to others (file format, "reserved region"): there stands
// CRC-64/XZ, least byte first, over the page's number (eight bytes, least first) and the rest of the page. Any change of up to
// eight bytes in a row is certain to be seen, so is a page in another's place; any other change escapes with 1 chance in 2^64.
// It tells damage; it is no seal: who knows this can make a right sum for an altered page.
//
// The file is under this rule when its header reserves exactly eight bytes and its first page's last eight are not all zero
// (zero: another program has written the whole file anew, and left them empty).

#include <stdint.h>

struct sqlite3;

enum { PAGE_SUMS_BYTES = 8 };

/// Makes this program's databases be opened through the checks. Once, before the first one is opened.
/// Returns SQLite's result code.
int page_sums_register(void);

/// Has the eight bytes reserved: at once in a database that has no page yet, else at its next VACUUM.
int page_sums_reserve(struct sqlite3 *database);

/// Every page of the database is about to be written anew, by VACUUM with a log, on this connection: from then on with sums.
/// 0: it isn't any more, the VACUUM has failed.
int page_sums_begin(struct sqlite3 *database, int isAboutTo);

/// Whether the database's pages are written with sums, and checked: 1, or 0.
int page_sums_are_kept(struct sqlite3 *database);

/// Bytes of the main file as they lie there, through SQLite's own descriptor (another one's closing would drop the locks that
/// SQLite holds in this process). What lies beyond the end is zero. Returns SQLite's result code.
int page_sums_read_raw(struct sqlite3 *database, void *buffer, int amount, int64_t offset);

/// Bytes in the main file; negative: it can't be said.
int64_t page_sums_file_size(struct sqlite3 *database);

/// The log's index, where other processes share it: how far the log is committed, how far it has been copied into the main file.
typedef struct {
    uint32_t salts[2];
    uint32_t committed;
    uint32_t copied;
} page_sums_log_state;

/// 1, or 0 where there is no usable index.
int page_sums_read_log_state(struct sqlite3 *database, page_sums_log_state *state);

/// The main file's path.
const char *page_sums_path(struct sqlite3 *database);

/// What was found damaged last, by a read in this process: page, or frame of the log. 0 when the last damage was in the other.
uint32_t page_sums_last_page(void);
uint32_t page_sums_last_frame(void);

uint64_t page_sum_crc(uint64_t crc, const void *bytes, int64_t count);

/// Whether the page ends in its sum.
int page_sum_holds(uint32_t number, const void *page, uint32_t size);

/// SQLite's checksum of its log (file format, "Checksum Algorithm"), carried on over `count` bytes, a multiple of eight.
void page_sums_log_sum(uint32_t sums[2], const void *bytes, int64_t count, int bigEndian);

#endif
