/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an AdmissionReview: no crash, and what is answered is an answer to that request. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "operator/webhook/review.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_reason_ struct reason why = {.code = 0};
	_text_ struct text t = {.data = NULL};
	bool is_allowed = false;
	int r = review_answer((const char *)data, size, &t, &is_allowed, &why);

	if (r < 0) {
		if (!why.text[0] || t.len > 0)
			abort();
		return 0;
	}
	/* A refusal says why; what is allowed says nothing else. */
	if (!strstr(t.data, "\"uid\":\"") || (is_allowed == !!strstr(t.data, "\"code\":422")))
		abort();
	return 0;
}
