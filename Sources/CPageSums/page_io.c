#include "page_sums_internal.h"

#include <stdatomic.h>
#include <string.h>

static _Atomic uint64_t last_damage;
static _Thread_local uint64_t last_damage_here;

int sum_damage(uint32_t page, uint32_t frame) {
    last_damage_here = (uint64_t)frame << 32 | page;
    atomic_store(&last_damage, last_damage_here);
    return SQLITE_IOERR_DATA;
}

void page_sums_last_damage(int isHere, uint32_t *page, uint32_t *frame) {
    uint64_t damage = isHere ? last_damage_here : atomic_load(&last_damage);
    *page = (uint32_t)damage;
    *frame = (uint32_t)(damage >> 32);
}

static uint32_t big32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t page_size(const uint8_t *header) {
    uint32_t size = (uint32_t)header[16] << 8 | header[17];
    if (size == 1) size = 65536;
    return memcmp(header, "SQLite format 3", 16) == 0 && size >= 512 && (size & (size - 1)) == 0 ? size : 0;
}

static void note_header(sum_file *file, const uint8_t *header) {
    file->page_size = page_size(header);
    file->has_sums = file->page_size != 0 && header[20] == PAGE_SUMS_BYTES;
}

/// SQLite checks a page's use of the eight bytes by nobody: blank in its hands, they are blank in the log.
static int check(uint8_t *page, uint32_t number, uint32_t size) {
    if (!page_sum_is_blank(page, size) && !page_sum_holds(number, page, size)) return sum_damage(number, 0);
    memset(page + size - PAGE_SUMS_BYTES, 0, PAGE_SUMS_BYTES);
    return SQLITE_OK;
}

/// The byte that says how many bytes are reserved is itself the one that changed: with the right one, the page has its sum.
static int is_unreserved_by_damage(uint8_t *page, uint32_t size) {
    uint8_t found = page[20];
    if (found == PAGE_SUMS_BYTES) return 0;
    page[20] = PAGE_SUMS_BYTES;
    int holds = page_sum_holds(1, page, size);
    page[20] = found;
    return holds;
}

/// A part of pages (newer releases of SQLite read long values so): the whole ones are read, checked, and the part handed out.
static int read_part(sum_file *file, void *buffer, int amount, sqlite3_int64 offset) {
    uint8_t *page = sqlite3_malloc((int)file->page_size);
    if (page == 0) return SQLITE_IOERR_NOMEM;
    int code = SQLITE_OK;
    uint8_t *next = buffer;
    while (amount > 0 && code == SQLITE_OK) {
        sqlite3_int64 index = offset / file->page_size;
        int within = (int)(offset % file->page_size);
        int count = (int)file->page_size - within < amount ? (int)file->page_size - within : amount;
        code = file->real->pMethods->xRead(file->real, page, (int)file->page_size, index * file->page_size);
        if (code == SQLITE_OK) code = check(page, (uint32_t)index + 1, file->page_size);
        if (code == SQLITE_OK) memcpy(next, page + within, (size_t)count);
        next += count;
        offset += count;
        amount -= count;
    }
    sqlite3_free(page);
    return code;
}

int sum_main_read(sum_file *file, void *buffer, int amount, sqlite3_int64 offset) {
    int is_whole = file->page_size != 0 && amount % (int)file->page_size == 0 && offset % file->page_size == 0;
    if (file->has_sums && !is_whole && offset + amount > 100) {
        int code = read_part(file, buffer, amount, offset);
        // Beyond the end: as SQLite's own layer answers.
        return code == SQLITE_IOERR_SHORT_READ ? file->real->pMethods->xRead(file->real, buffer, amount, offset) : code;
    }
    int code = file->real->pMethods->xRead(file->real, buffer, amount, offset);
    if (code != SQLITE_OK) return code;
    // The header's first hundred bytes are read, and its counters looked at, before any lock is held, while another process may be
    // writing that page: they are checked when SQLite reads the page itself.
    if (offset == 0 && amount == 100) note_header(file, buffer);
    if (!file->has_sums) {
        int is_first = offset == 0 && amount >= 512 && (amount & (amount - 1)) == 0;
        return is_first && is_unreserved_by_damage(buffer, (uint32_t)amount) ? sum_damage(1, 0) : SQLITE_OK;
    }
    if (!is_whole) return SQLITE_OK;
    uint32_t number = (uint32_t)(offset / file->page_size) + 1;
    uint8_t *page = buffer;
    for (; code == SQLITE_OK && amount > 0; amount -= (int)file->page_size, page += file->page_size, number++)
        code = check(page, number, file->page_size);
    return code;
}

int sum_main_write(sum_file *file, const void *bytes, int amount, sqlite3_int64 offset) {
    // A database whose pages are getting room for sums has all of them in the log, and the first one, which says so, is copied before
    // the others: cut short after it, the log is there still, and all of it is copied again.
    if (offset == 0 && amount >= 512) note_header(file, bytes);
    if (!file->has_sums) return file->real->pMethods->xWrite(file->real, bytes, amount, offset);
    // SQLite writes pages, one at a time.
    if (amount != (int)file->page_size || offset % file->page_size != 0) return SQLITE_IOERR_WRITE;
    uint8_t page[65536];
    memcpy(page, bytes, (size_t)amount);
    page_sum_write((uint32_t)(offset / file->page_size) + 1, page, file->page_size);
    return file->real->pMethods->xWrite(file->real, page, amount, offset);
}

/// SQLite checks its log when it opens it, and not when it reads from it or copies it into the main file: a change in between
/// would be used, and given a right sum. So each page is checked as it is read, with the checksum before it and its own.
int sum_log_read(sum_file *file, void *buffer, int amount, sqlite3_int64 offset) {
    int code = file->real->pMethods->xRead(file->real, buffer, amount, offset);
    sum_file *main = file->main;
    if (code != SQLITE_OK || !main->has_sums || amount < 512 || (amount & (amount - 1)) != 0) return code;
    sqlite3_int64 length = amount + 24;
    if (offset < 56 || (offset - 56) % length != 0) return code;
    // A page that the connection wrote before its commit may not have its checksum yet.
    if (main->spills && !main->is_readonly && !main->is_copying) return code;
    uint8_t own[24], before[8];
    code = file->real->pMethods->xRead(file->real, own, 24, offset - 24);
    if (code != SQLITE_OK) return code;
    code = file->real->pMethods->xRead(file->real, before, 8, offset == 56 ? 24 : offset - 24 - length + 16);
    if (code != SQLITE_OK) return code;
    for (int order = 0; order < 2; order++) {
        // In the order of the machine that made the log, nearly always this one.
        int bigEndian = (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ^ order;
        uint32_t sums[2] = {big32(before), big32(before + 4)};
        page_sums_log_sum(sums, own, 8, bigEndian);
        page_sums_log_sum(sums, buffer, amount, bigEndian);
        if (sums[0] == big32(own + 16) && sums[1] == big32(own + 20)) return SQLITE_OK;
    }
    return sum_damage(0, (uint32_t)((offset - 56) / length) + 1);
}
