// DNS by the C library's own resolver: what /etc/resolv.conf, RES_OPTIONS and LOCALDOMAIN say holds here as for every program.
#pragma once
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

enum { cresolv_txt = ns_t_txt, cresolv_mx = ns_t_mx, cresolv_a = ns_t_a, cresolv_aaaa = ns_t_aaaa };

// One question. The answer's length, or -1 with the reason in `fault`: HOST_NOT_FOUND, NO_DATA, TRY_AGAIN, NO_RECOVERY.
static inline int cresolv_ask(const char *name, int type, int seconds, unsigned char *answer, int size, int *fault) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    *fault = NO_RECOVERY;
    if (res_ninit(&state) != 0) return -1;
    state.retrans = seconds;
    state.retry = 1;
    int length = res_nquery(&state, name, ns_c_in, type, answer, size);
    *fault = state.res_h_errno;
    res_nclose(&state);
    return length;
}

// How many records the answer has; -1: it can't be read.
static inline int cresolv_count(const unsigned char *answer, int length) {
    ns_msg message;
    return ns_initparse(answer, length, &message) == 0 ? ns_msg_count(message, ns_s_an) : -1;
}

// The text of one record of that type: TXT with its strings joined, MX as its host. Its length; -1: another type (a CNAME before
// it), or it can't be read.
static inline int cresolv_record(const unsigned char *answer, int length, int index, int type, char *text, int size) {
    ns_msg message;
    ns_rr record;
    if (ns_initparse(answer, length, &message) != 0 || ns_parserr(&message, ns_s_an, index, &record) != 0) return -1;
    if ((int)ns_rr_type(record) != type) return -1;
    const unsigned char *data = ns_rr_rdata(record);
    int left = ns_rr_rdlen(record);
    if (type == ns_t_mx) {
        if (left < 3) return -1;
        return dn_expand(answer, answer + length, data + 2, text, size) < 0 ? -1 : (int)strlen(text);
    }
    int total = 0;
    while (left > 0) {
        int piece = *data;
        if (piece >= left || total + piece > size) return -1;
        memcpy(text + total, data + 1, (size_t)piece);
        total += piece;
        data += piece + 1;
        left -= piece + 1;
    }
    return total;
}
