#include "page_sums_internal.h"

#include <stddef.h>
#include <string.h>

// SQLite's own layer over the system's files ("unix"), with the checks in between for the main file and its log.

static sqlite3_vfs *real_vfs;

#define REAL(file) (((sum_file *)(file))->real)
#define PASS(name, parameters, arguments) \
    static int name parameters { return REAL(file)->pMethods->name arguments; }

PASS(xTruncate, (sqlite3_file *file, sqlite3_int64 size), (REAL(file), size))
PASS(xSync, (sqlite3_file *file, int flags), (REAL(file), flags))
PASS(xFileSize, (sqlite3_file *file, sqlite3_int64 *size), (REAL(file), size))
PASS(xLock, (sqlite3_file *file, int lock), (REAL(file), lock))
PASS(xUnlock, (sqlite3_file *file, int lock), (REAL(file), lock))
PASS(xCheckReservedLock, (sqlite3_file *file, int *answer), (REAL(file), answer))
PASS(xSectorSize, (sqlite3_file *file), (REAL(file)))
PASS(xShmLock, (sqlite3_file *file, int offset, int count, int flags), (REAL(file), offset, count, flags))

static int xShmMap(sqlite3_file *file, int region, int size, int extend, void volatile **place) {
    int code = REAL(file)->pMethods->xShmMap(REAL(file), region, size, extend, place);
    if (code == SQLITE_OK) ((sum_file *)file)->has_index = 1;
    return code;
}

static int xShmUnmap(sqlite3_file *file, int mustDelete) {
    ((sum_file *)file)->has_index = 0;
    return REAL(file)->pMethods->xShmUnmap(REAL(file), mustDelete);
}

static void xShmBarrier(sqlite3_file *file) { REAL(file)->pMethods->xShmBarrier(REAL(file)); }

/// Parts of pages are not to be read past the checks (SQLITE_IOCAP_SUBPAGE_READ, of newer releases).
static int xDeviceCharacteristics(sqlite3_file *file) {
    return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file)) & ~0x00008000;
}

static int xClose(sqlite3_file *file) {
    return REAL(file)->pMethods ? REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
}

static int xRead(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset) {
    sum_file *own = (sum_file *)file;
    return own->main ? sum_log_read(own, buffer, amount, offset) : sum_main_read(own, buffer, amount, offset);
}

static int xWrite(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset) {
    sum_file *own = (sum_file *)file;
    return own->main ? own->real->pMethods->xWrite(own->real, bytes, amount, offset) : sum_main_write(own, bytes, amount, offset);
}

/// The index's header stands there twice (file format, "WAL-Index Header"); copies that differ are being changed.
static int read_log_state(sum_file *file, page_sums_log_state *state) {
    void volatile *place = 0;
    if (!file->has_index || file->real->pMethods->xShmMap(file->real, 0, 32768, 0, &place) != SQLITE_OK || place == 0) return SQLITE_NOTFOUND;
    const volatile uint32_t *words = place;
    for (int attempt = 0; attempt < 100; attempt++) {
        uint32_t header[12];
        int isSame = 1;
        for (int word = 0; word < 12; word++) {
            header[word] = words[word];
            if (header[word] != words[12 + word]) isSame = 0;
        }
        uint32_t sums[2] = {0, 0};
        page_sums_log_sum(sums, header, 40, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
        if (!isSame || header[0] != 3007000 || ((uint8_t *)header)[12] != 1 || sums[0] != header[10] || sums[1] != header[11]) continue;
        // The salts are copied from the log as they lie there, most significant byte first.
        for (int salt = 0; salt < 2; salt++) {
            const uint8_t *bytes = (const uint8_t *)&header[8 + salt];
            state->salts[salt] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
        }
        state->committed = header[4];
        state->copied = words[24];
        return SQLITE_OK;
    }
    return SQLITE_NOTFOUND;
}

static int xFileControl(sqlite3_file *file, int operation, void *argument) {
    sum_file *own = (sum_file *)file;
    switch (own->main ? 0 : operation) {
    case SQLITE_FCNTL_CKPT_START: own->is_copying = 1; break;
    case SQLITE_FCNTL_CKPT_DONE: own->is_copying = 0; break;
    case SQLITE_FCNTL_PRAGMA: {
        char **words = argument;
        if (sqlite3_stricmp(words[1], "cache_spill") == 0 && words[2]) own->spills = sqlite3_stricmp(words[2], "off") != 0;
        break;
    }
    case SUMS_ARE_KEPT: *(int *)argument = own->has_sums; return SQLITE_OK;
    case SUMS_READ_RAW: {
        raw_read *asked = argument;
        int code = own->real->pMethods->xRead(own->real, asked->buffer, asked->amount, asked->offset);
        return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;
    }
    case SUMS_FILE_SIZE: return own->real->pMethods->xFileSize(own->real, argument);
    case SUMS_LOG_STATE: return read_log_state(own, argument);
    default: break;
    }
    return own->real->pMethods->xFileControl(own->real, operation, argument);
}

// Version 2: shared memory, and no mapping of pages (version 3), which would pass the checks by.
static const sqlite3_io_methods methods = {
    2, xClose, xRead, xWrite, xTruncate, xSync, xFileSize, xLock, xUnlock, xCheckReservedLock, xFileControl, xSectorSize,
    xDeviceCharacteristics, xShmMap, xShmLock, xShmBarrier, xShmUnmap, 0, 0,
};

static int xOpen(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *outFlags) {
    (void)vfs;
    sum_file *main = 0;
    if (name != 0 && (flags & SQLITE_OPEN_WAL)) {
        sqlite3_file *database = sqlite3_database_file_object(name);
        if (database != 0 && database->pMethods == &methods) main = (sum_file *)database;
    }
    // Journals and temporary files are SQLite's alone.
    if (main == 0 && !(flags & SQLITE_OPEN_MAIN_DB)) return real_vfs->xOpen(real_vfs, name, file, flags, outFlags);
    sum_file *own = (sum_file *)file;
    memset(own, 0, sizeof(sum_file));
    own->real = (sqlite3_file *)(own + 1);
    own->main = main;
    own->spills = 1;
    int given = flags;
    int code = real_vfs->xOpen(real_vfs, name, own->real, flags, &given);
    if (outFlags) *outFlags = given;
    own->is_readonly = (given & SQLITE_OPEN_READONLY) != 0;
    own->base.pMethods = own->real->pMethods ? &methods : 0;
    return code;
}

static sqlite3_vfs vfs;

int page_sums_register(void) {
    page_sum_prepare();
    // Nobody asks how much memory SQLite has: counting it takes a lock at each allocation. Refused, without harm, once SQLite runs.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int code = sqlite3_initialize();
    if (code != SQLITE_OK) return code;
    if (real_vfs != 0) return SQLITE_OK;
    real_vfs = sqlite3_vfs_find(0);
    if (real_vfs == 0) return SQLITE_ERROR;
    // All but opening is the real one's: it is asked with this copy of it, and looks only at what it put there itself.
    vfs = *real_vfs;
    vfs.pNext = 0;
    vfs.zName = "appariteur";
    vfs.szOsFile = (int)sizeof(sum_file) + real_vfs->szOsFile;
    vfs.xOpen = xOpen;
    return sqlite3_vfs_register(&vfs, 1);
}

static int ask(struct sqlite3 *database, int operation, void *argument) {
    return sqlite3_file_control(database, "main", operation, argument);
}

struct sqlite3 *page_sums_open(const char *path) {
    sqlite3 *database = 0;
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, 0) != SQLITE_OK) {
        sqlite3_close(database);
        return 0;
    }
    sqlite3_busy_timeout(database, 10000);
    // Opens the log and its index, if there is one; what SQLite can't make sense of is looked at without.
    sqlite3_exec(database, "SELECT count(*) FROM sqlite_schema", 0, 0, 0);
    return database;
}

void page_sums_close(struct sqlite3 *database) { sqlite3_close(database); }

int page_sums_reserve(struct sqlite3 *database) {
    int count = PAGE_SUMS_BYTES;
    return ask(database, SQLITE_FCNTL_RESERVE_BYTES, &count);
}

int page_sums_are_kept(struct sqlite3 *database) {
    int answer = 0;
    return ask(database, SUMS_ARE_KEPT, &answer) == SQLITE_OK && answer;
}

int page_sums_read_raw(struct sqlite3 *database, void *buffer, int amount, int64_t offset) {
    raw_read asked = {buffer, amount, offset};
    return ask(database, SUMS_READ_RAW, &asked);
}

int64_t page_sums_file_size(struct sqlite3 *database) {
    sqlite3_int64 size = -1;
    return ask(database, SUMS_FILE_SIZE, &size) == SQLITE_OK ? size : -1;
}

int page_sums_read_log_state(struct sqlite3 *database, page_sums_log_state *state) {
    return ask(database, SUMS_LOG_STATE, state) == SQLITE_OK;
}

const char *page_sums_path(struct sqlite3 *database) { return sqlite3_db_filename(database, "main"); }
