#include "page_sums_internal.h"

#include <pthread.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// CRC-64/XZ (ECMA-182's polynomial, bits reflected), eight bytes a step.
#define POLYNOMIAL UINT64_C(0xC96C5795D7870F42)
static uint64_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (int byte = 0; byte < 256; byte++) {
        uint64_t crc = (uint64_t)byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
        table[0][byte] = crc;
    }
    for (int slice = 1; slice < 8; slice++)
        for (int byte = 0; byte < 256; byte++)
            table[slice][byte] = (table[slice - 1][byte] >> 8) ^ table[0][table[slice - 1][byte] & 0xFF];
}

#if defined(__x86_64__)
// Where the processor multiplies without carries: sixteen bytes a step. What lies 128 bits further up is taken modulo the polynomial
// by one product for each half; a product of two reflected factors stands one place lower than its bits say, hence one power less.
static int multiplies;
static uint64_t power_191, power_127;

static uint64_t power(int exponent) {
    uint64_t value = UINT64_C(1) << 63;
    while (exponent-- > 0) value = (value >> 1) ^ (value & 1 ? POLYNOMIAL : 0);
    return value;
}

__attribute__((target("pclmul,sse2"))) static const uint8_t *fold(uint64_t crc, const uint8_t *next, int64_t *count, uint8_t rest[16]) {
    const __m128i powers = _mm_set_epi64x((long long)power_127, (long long)power_191);
    __m128i state = _mm_xor_si128(_mm_loadu_si128((const __m128i *)next), _mm_set_epi64x(0, (long long)crc));
    for (next += 16, *count -= 16; *count >= 16; *count -= 16, next += 16) {
        __m128i low = _mm_clmulepi64_si128(state, powers, 0x00);
        __m128i high = _mm_clmulepi64_si128(state, powers, 0x11);
        state = _mm_xor_si128(_mm_xor_si128(low, high), _mm_loadu_si128((const __m128i *)next));
    }
    _mm_storeu_si128((__m128i *)rest, state);
    return next;
}
#endif

static void prepare(void) {
    make_table();
#if defined(__x86_64__)
    power_191 = power(191);
    power_127 = power(127);
    multiplies = __builtin_cpu_supports("pclmul");
#endif
}

void page_sum_prepare(void) { pthread_once(&once, prepare); }

static uint64_t little(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int place = 7; place >= 0; place--) value = value << 8 | bytes[place];
    return value;
}

/// Neither begun nor ended by the standard's complements.
static uint64_t step(uint64_t crc, const uint8_t *next, int64_t count) {
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        word ^= crc;
        crc = table[7][word & 0xFF] ^ table[6][word >> 8 & 0xFF] ^ table[5][word >> 16 & 0xFF] ^ table[4][word >> 24 & 0xFF]
            ^ table[3][word >> 32 & 0xFF] ^ table[2][word >> 40 & 0xFF] ^ table[1][word >> 48 & 0xFF] ^ table[0][word >> 56];
    }
    for (; count > 0; count--, next++) crc = (crc >> 8) ^ table[0][(crc ^ *next) & 0xFF];
    return crc;
}

uint64_t page_sum_crc(uint64_t crc, const void *bytes, int64_t count) {
    page_sum_prepare();
    const uint8_t *next = bytes;
    crc = ~crc;
#if defined(__x86_64__)
    if (multiplies && count >= 32) {
        uint8_t rest[16];
        next = fold(crc, next, &count, rest);
        crc = step(0, rest, 16);
    }
#endif
    return ~step(crc, next, count);
}

uint64_t page_sum_of(uint32_t number, const void *page, uint32_t size) {
    uint8_t name[8] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16), (uint8_t)(number >> 24)};
    return page_sum_crc(page_sum_crc(0, name, 8), page, (int64_t)size - PAGE_SUMS_BYTES);
}

void page_sum_write(uint32_t number, uint8_t *page, uint32_t size) {
    uint64_t sum = page_sum_of(number, page, size);
    for (int place = 0; place < 8; place++) page[size - PAGE_SUMS_BYTES + place] = (uint8_t)(sum >> 8 * place);
}

int page_sum_is_blank(const void *page, uint32_t size) { return little((const uint8_t *)page + size - PAGE_SUMS_BYTES) == 0; }

int page_sum_holds(uint32_t number, const void *page, uint32_t size) {
    return little((const uint8_t *)page + size - PAGE_SUMS_BYTES) == page_sum_of(number, page, size);
}

static uint32_t word32(const uint8_t *bytes, int bigEndian) {
    uint32_t value;
    memcpy(&value, bytes, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return bigEndian ? value : __builtin_bswap32(value);
#else
    return bigEndian ? __builtin_bswap32(value) : value;
#endif
}

void page_sums_log_sum(uint32_t sums[2], const void *bytes, int64_t count, int bigEndian) {
    const uint8_t *next = bytes;
    uint32_t first = sums[0], second = sums[1];
    for (; count >= 8; count -= 8, next += 8) {
        first += word32(next, bigEndian) + second;
        second += word32(next + 4, bigEndian) + first;
    }
    sums[0] = first;
    sums[1] = second;
}
