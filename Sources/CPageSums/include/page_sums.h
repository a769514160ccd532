#ifndef APPARITEUR_PAGE_SUMS_H
#define APPARITEUR_PAGE_SUMS_H

// Checksums in an SQLite database file.
//
// Each page of the main file ends in eight bytes that SQLite leaves to others (file format, "reserved region"): there stands
// CRC-64/XZ, least byte first, over the page's number (eight bytes, least first) and the rest of the page. Any change of up to
// eight bytes in a row is certain to be seen, so is a page in another's place; any other change escapes with 1 chance in 2^64.
// It tells damage; it is no seal: who knows this can make a right sum for an altered page.
//
// The file is under this rule when its header reserves exactly eight bytes. A page that is handed to SQLite has them blank, and so
// have pages in the log. Eight blank bytes in the main file therefore mean that another program (the `sqlite3` tool, say) has
// copied the page there from the log, or has written the whole file anew: such a page is used, and an audit tells of it. A page
// whose eight bytes say anything else than its sum is not used.

#include <stdint.h>

struct sqlite3;

enum { PAGE_SUMS_BYTES = 8 };

/// Makes this program's databases be opened through the checks. Once, before the first one is opened.
/// Returns SQLite's result code.
int page_sums_register(void);

/// A connection that only reads, to look at the files themselves; null where there is no such file. `path`: or a "file:" address.
/// A database that SQLite finds damaged can be looked at all the same.
struct sqlite3 *page_sums_open(const char *path);
void page_sums_close(struct sqlite3 *database);

/// Has the eight bytes reserved: at once in a database that has no page yet, else at its next VACUUM.
int page_sums_reserve(struct sqlite3 *database);

/// Whether the database's pages have room for sums, and so are written with them: 1, or 0.
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

/// What was found damaged last: a page of the main file, or a frame of the log, the other being 0.
/// `isHere`: by a read on this thread, else by any.
void page_sums_last_damage(int isHere, uint32_t *page, uint32_t *frame);

uint64_t page_sum_crc(uint64_t crc, const void *bytes, int64_t count);

/// The page has its eight bytes blank: nothing is said of it.
int page_sum_is_blank(const void *page, uint32_t size);

/// Whether the page ends in its sum.
int page_sum_holds(uint32_t number, const void *page, uint32_t size);

/// SQLite's checksum of its log (file format, "Checksum Algorithm"), carried on over `count` bytes, a multiple of eight.
void page_sums_log_sum(uint32_t sums[2], const void *bytes, int64_t count, int bigEndian);

#endif
