/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a file of credentials, a challenge, and the answer of a realm. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "model/bytecode.h"
#include "registry/auth/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct auth_file file = {(const char *)data, size};
	const struct bytecode image = {.host = (char *)(uintptr_t) "quay.io",
				       .repository = (char *)(uintptr_t) "x/y"};
	_credentials_ struct credentials c = {.username = NULL};
	_challenge_ struct challenge challenge = {.realm = NULL};
	_free_ char *text = strndup((const char *)data, size);
	_free_ char *token = NULL;

	if (auth_find(&file, &image, &c, NULL) == 1 && !c.password && !c.identity_token &&
	    !c.helper)
		abort();
	if (text && challenge_parse(text, &challenge, NULL) == 0 && !challenge.is_basic &&
	    !challenge.realm)
		abort();
	/* It becomes a header. */
	if (auth_token((const char *)data, size, &token, NULL) == 0 && strpbrk(token, "\r\n"))
		abort();
	return 0;
}
