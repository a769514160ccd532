// DNS by the C library's own resolver: what /etc/resolv.conf, RES_OPTIONS and LOCALDOMAIN say holds here as for every program.
// No header of the system is included: its declarations would belong to this module beside Glibc's.
#pragma once

// Kinds of records (RFC 1035, 3.2.2) that are asked for.
enum { cresolv_mx = 15, cresolv_txt = 16 };

// What `fault` says: no such name or none of that kind; no server answered; an answer that is no answer.
enum { cresolv_none = 1, cresolv_unanswered = 2, cresolv_unusable = 3 };

// One question. The answer's length, or -1 with the reason in `fault`.
int cresolv_ask(const char *name, int type, int seconds, unsigned char *answer, int size, int *fault);

// How many records the answer has; -1: it can't be read.
int cresolv_count(const unsigned char *answer, int length);

// The text of one record of that type: TXT with its strings joined, MX as its host. Its length; -1: another type (a CNAME before
// it), or it can't be read.
int cresolv_record(const unsigned char *answer, int length, int index, int type, char *text, int size);
