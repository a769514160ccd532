#pragma once
// libcurl's getters and setters are variadic C functions, which Swift can't call: one typed function for each kind of value.
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

typedef size_t (*appariteur_curl_transfer)(char *bytes, size_t size, size_t count, void *context);
typedef int (*appariteur_curl_progress)(
    void *context, curl_off_t down_total, curl_off_t down_now, curl_off_t up_total, curl_off_t up_now);

static inline CURLcode appariteur_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode appariteur_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode appariteur_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode appariteur_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode appariteur_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode appariteur_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode appariteur_curl_set_transfer(CURL *handle, CURLoption option, appariteur_curl_transfer value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode appariteur_curl_set_progress(CURL *handle, appariteur_curl_progress value) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}
// The TLS library's own connection, while a transfer runs on it; NULL: in clear, or not there yet.
static inline void *appariteur_curl_tls_connection(CURL *handle) {
    struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session) return NULL;
    return session->backend == CURLSSLBACKEND_OPENSSL ? session->internals : NULL;
}
static inline CURLcode appariteur_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode appariteur_curl_get_socket(CURL *handle, CURLINFO info, curl_socket_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
// With CURLOPT_CERTINFO: how many certificates the peer showed, and what is written of one ("name:value" lines); NULL: none.
static inline int appariteur_curl_certificate_count(CURL *handle) {
    struct curl_certinfo *chain = NULL;
    return curl_easy_getinfo(handle, CURLINFO_CERTINFO, &chain) == CURLE_OK && chain ? chain->num_of_certs : 0;
}
static inline const struct curl_slist *appariteur_curl_certificate(CURL *handle, int index) {
    struct curl_certinfo *chain = NULL;
    return curl_easy_getinfo(handle, CURLINFO_CERTINFO, &chain) == CURLE_OK && chain && index < chain->num_of_certs
        ? chain->certinfo[index]
        : NULL;
}
