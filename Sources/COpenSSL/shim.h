// OpenSSL 3.0: what the notary needs of it. Macros and variadic functions, which Swift can't call, get a function here.
#pragma once
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static inline const unsigned char *copenssl_bio_contents(BIO *bio, long *length) {
    char *start = NULL;
    *length = BIO_get_mem_data(bio, &start);
    return (const unsigned char *)start;
}

static inline STACK_OF(X509) *copenssl_certificates_new(void) { return sk_X509_new_null(); }
static inline int copenssl_certificates_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}
static inline int copenssl_certificates_count(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *copenssl_certificates_at(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
// Frees the list, not the certificates.
static inline void copenssl_certificates_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }

static inline void copenssl_free(void *memory) { OPENSSL_free(memory); }

// A name on one line, RFC 2253 order reversed to reading order, UTF-8 left as it is.
static inline int copenssl_print_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ);
}

// True when the error at hand is one of the TS library's.
static inline int copenssl_is_timestamp_error(unsigned long code) { return ERR_GET_LIB(code) == ERR_LIB_TS; }
static inline int copenssl_reason(unsigned long code) { return ERR_GET_REASON(code); }

static inline EVP_PKEY *copenssl_generate_p256(void) { return EVP_EC_gen("P-256"); }

// An extension written as in a configuration file, for a certificate issued by `issuer`.
static inline X509_EXTENSION *copenssl_extension(X509 *issuer, X509 *subject, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, subject, NULL, NULL, 0);
    return X509V3_EXT_conf_nid(NULL, &context, nid, value);
}

// The certificates inside a signed token; owned by the token.
static inline STACK_OF(X509) *copenssl_token_certificates(PKCS7 *token) {
    return PKCS7_type_is_signed(token) && token->d.sign != NULL ? token->d.sign->cert : NULL;
}
