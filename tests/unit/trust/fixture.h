/* SPDX-License-Identifier: Apache-2.0 */
/* A world of its own for signatures without keys: a certificate authority, a log of certificates, a
 * log of signatures, a timestamp authority, all made at run time; and an image signed in it, with
 * one lie if a test wants one. */
#pragma once

#include "trust/verify.h"

/* What is wrong; LIE_NONE: nothing. */
enum lie {
	LIE_NONE,
	LIE_CA,		/* the certificate is by another authority */
	LIE_EXPIRED,	/* the certificate had expired when the log saw it */
	LIE_NO_SCT,	/* no log of certificates has seen it */
	LIE_SCT,	/* another one has */
	LIE_PURPOSE,	/* it is not for signing code */
	LIE_SUBJECT,	/* it is somebody else's */
	LIE_ISSUER,	/* another identity provider vouches for it */
	LIE_KEY,	/* signed by another key than the certificate's */
	LIE_DIGEST,	/* signed is another image */
	LIE_NO_ENTRY,	/* it is in no log */
	LIE_LOG,	/* it is in another log */
	LIE_PROMISE,	/* the log's promise is of another time */
	LIE_PROOF,	/* the path does not lead to the root */
	LIE_CHECKPOINT, /* somebody else has signed the root */
	LIE_BODY,	/* the entry is about another signature */
	LIE_STAMP,	/* the timestamp is of another signature */
	LIE_STAMP_BY,	/* the timestamp is by somebody else */
	LIE_NO_TIME,	/* neither promise nor timestamp */
	_LIE_MAX
};

/* How the time is told. */
enum clock { CLOCK_PROMISE, CLOCK_STAMP, CLOCK_BOTH };

/* The two layouts of signatures. */
enum layout { LAYOUT_BUNDLE, LAYOUT_SIMPLE };

struct world_order {
	enum lie lie;
	enum clock clock;
	enum layout layout;
	int version; /* of entries: 1 or 2 */
};

#define WORLD_DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Rule and evidence; everything owned. */
struct world {
	struct trust_rule rule;
	struct evidence evidence;
};

void world_make(const struct world_order *order, struct world *ret);
void world_done(struct world *world);
