/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's objects that free themselves. For the certificate files of this folder. */
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/cleanup.h"

static inline void openssl_x509_freep(X509 **x509)
{
	X509_free(*x509);
}

static inline void openssl_pkey_freep(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static inline void openssl_bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

#define _x509_ _cleanup_(openssl_x509_freep)
#define _pkey_ _cleanup_(openssl_pkey_freep)
#define _bio_  _cleanup_(openssl_bio_freep)

/* Of a PEM text; NULL when it is none (or NULL, or above CERTIFICATE_PEM_MAX). */
X509 *certificate_read_x509(const char *pem);
EVP_PKEY *certificate_read_key(const char *pem);
