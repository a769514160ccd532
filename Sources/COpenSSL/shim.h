// OpenSSL 3.0: what the notary and the signing of messages need of it. Macros and variadic functions, which Swift can't call, get a function here.
#pragma once
#include <string.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
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

// What OpenSSL's PEM reader asks for a passphrase: the one that is given, or none. Without a function of ours it would ask at
// the terminal.
static inline int copenssl_passphrase(char *buffer, int size, int writing, void *passphrase) {
    (void)writing;
    size_t length = passphrase == NULL ? 0 : strlen((const char *)passphrase);
    if (passphrase == NULL || length > (size_t)size) return -1;
    memcpy(buffer, passphrase, length);
    return (int)length;
}
static inline EVP_PKEY *copenssl_read_private_key(BIO *bio, const char *passphrase) {
    return PEM_read_bio_PrivateKey(bio, NULL, copenssl_passphrase, (void *)passphrase);
}
static inline int copenssl_write_private_key(BIO *bio, EVP_PKEY *key) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
}
static inline EVP_PKEY *copenssl_generate_rsa(unsigned int bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *copenssl_generate_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }
static inline int copenssl_is_bad_passphrase(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ;
}

// The e-mail addresses that a certificate names, one a line.
static inline void copenssl_print_addresses(BIO *bio, X509 *certificate) {
    STACK_OF(OPENSSL_STRING) *addresses = X509_get1_email(certificate);
    for (int index = 0; index < sk_OPENSSL_STRING_num(addresses); index++)
        BIO_printf(bio, "%s\n", sk_OPENSSL_STRING_value(addresses, index));
    X509_email_free(addresses);
}

// A detached signature with SHA-256 (RFC 5652), with the signer's certificate and `others`, and `time` (seconds since 1970) as
// signing time. NULL when it failed.
static inline CMS_ContentInfo *copenssl_cms_sign(
    X509 *signer, EVP_PKEY *key, STACK_OF(X509) *others, BIO *content, long long time) {
    const unsigned int flags = CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL;
    CMS_ContentInfo *signature = CMS_sign(NULL, NULL, others, NULL, flags);
    CMS_SignerInfo *info = signature == NULL ? NULL : CMS_add1_signer(signature, signer, key, EVP_sha256(), flags);
    ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)time);
    int done = info != NULL && at != NULL
        && CMS_signed_add1_attr_by_NID(info, NID_pkcs9_signingTime, at->type, at, -1) == 1
        && CMS_final(signature, content, NULL, flags) == 1;
    ASN1_TIME_free(at);
    if (done) return signature;
    CMS_ContentInfo_free(signature);
    return NULL;
}

// The chain by which a store trusts a timestamp's signer, at the store's time: signer first, root last. NULL: it doesn't.
static inline STACK_OF(X509) *copenssl_timestamp_chain(X509_STORE *store, X509 *signer, STACK_OF(X509) *others) {
    STACK_OF(X509) *chain = NULL;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context != NULL && X509_STORE_CTX_init(context, store, signer, others) == 1
        && X509_STORE_CTX_set_purpose(context, X509_PURPOSE_TIMESTAMP_SIGN) == 1 && X509_verify_cert(context) == 1)
        chain = X509_STORE_CTX_get1_chain(context);
    X509_STORE_CTX_free(context);
    return chain;
}
// Frees the list and the certificates.
static inline void copenssl_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }

// Writes the addresses where a certificate says that its complete revocation list is, one a line. 1: done.
static inline int copenssl_crl_addresses(const X509 *certificate, BIO *out) {
    int done = 1;
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        DIST_POINT *point = sk_DIST_POINT_value(points, i);
        // Lists of some reasons only, or of another issuer, are not taken.
        if (point->distpoint == NULL || point->distpoint->type != 0 || point->reasons != NULL || point->CRLissuer != NULL) continue;
        GENERAL_NAMES *names = point->distpoint->name.fullname;
        for (int j = 0; j < sk_GENERAL_NAME_num(names); j++) {
            GENERAL_NAME *name = sk_GENERAL_NAME_value(names, j);
            if (name->type != GEN_URI) continue;
            ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
            int length = ASN1_STRING_length(uri);
            if (BIO_write(out, ASN1_STRING_get0_data(uri), length) != length || BIO_write(out, "\n", 1) != 1) done = 0;
        }
    }
    CRL_DIST_POINTS_free(points);
    return done;
}

// Whether a list tells of all revocations of its issuer's certificates of this sort: no delta, no part, nothing critical unknown.
static inline int copenssl_crl_is_whole(X509_CRL *list, int isAuthority) {
    for (int i = 0; i < X509_CRL_get_ext_count(list); i++) {
        X509_EXTENSION *extension = X509_CRL_get_ext(list, i);
        if (X509_EXTENSION_get_critical(extension)
            && OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_issuing_distribution_point)
            return 0;
    }
    int critical = 0;
    ISSUING_DIST_POINT *scope = X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &critical, NULL);
    if (scope == NULL) return critical == -1;
    int whole = scope->onlysomereasons == NULL && scope->indirectCRL <= 0 && scope->onlyattr <= 0
        && (isAuthority ? scope->onlyuser <= 0 : scope->onlyCA <= 0);
    ISSUING_DIST_POINT_free(scope);
    return whole;
}

// The reason of a revocation (RFC 5280, 5.3.1); -1: none is given; -2: it can't be read.
static inline long copenssl_revocation_reason(const X509_REVOKED *revoked) {
    int critical = 0;
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, &critical, NULL);
    if (reason == NULL) return critical == -1 ? -1 : -2;
    long value = ASN1_ENUMERATED_get(reason);
    ASN1_ENUMERATED_free(reason);
    return value;
}

// A signature's bit string says how many of its last bits don't count; another number than 0 is another encoding of the same.
static inline int copenssl_signature_is_plain(const ASN1_BIT_STRING *signature) {
    return signature != NULL && (signature->flags & 0x07) == 0;
}
