#include "cresolv.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

_Static_assert(cresolv_mx == ns_t_mx && cresolv_txt == ns_t_txt, "the kinds' numbers");

int cresolv_ask(const char *name, int type, int seconds, unsigned char *answer, int size, int *fault) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    *fault = cresolv_unusable;
    if (res_ninit(&state) != 0) return -1;
    state.retrans = seconds;
    state.retry = 1;
    int length = res_nquery(&state, name, ns_c_in, type, answer, size);
    if (state.res_h_errno == HOST_NOT_FOUND || state.res_h_errno == NO_DATA) *fault = cresolv_none;
    if (state.res_h_errno == TRY_AGAIN) *fault = cresolv_unanswered;
    res_nclose(&state);
    return length;
}

int cresolv_count(const unsigned char *answer, int length) {
    ns_msg message;
    return ns_initparse(answer, length, &message) == 0 ? ns_msg_count(message, ns_s_an) : -1;
}

int cresolv_record(const unsigned char *answer, int length, int index, int type, char *text, int size) {
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
