/* SPDX-License-Identifier: Apache-2.0 */
/* Owns whose credentials go along. */
#include "daemon/images/order.h"

#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/images/ensure.h"
#include "fetch/endpoint.h"
#include "fetch/order.h"
#include "portability/btf_archive.h"
#include "manifest/settings.h"
#include "model/bytecode.h"

static int set_login(const struct bytecode *name, const struct image_wish *wish,
		     struct fetch_order *order)
{
	for (size_t i = 0; i < wish->n_logins; i++) {
		const struct image_login *l = &wish->logins[i];

		if (*l->registry && strcmp(l->registry, name->host) != 0)
			continue;
		return text_set(&order->username, l->username) < 0 ||
				       text_set(&order->password, l->password) < 0
			       ? -ENOMEM
			       : 0;
	}
	return 0;
}

int order_fill(const struct settings *settings, const struct bytecode *name,
	       const struct image_wish *wish, struct fetch_order *ret, struct reason *why)
{
	_text_ struct text btf = {0};
	int r = fetch_endpoints(settings, name, ret, why);

	if (r == 0)
		r = fetch_file_read(settings->auth_file, &ret->auth, why);
	if (r < 0)
		return r;
	btf_archive_name(&btf);
	if (btf.r < 0 || (btf.len > 0 && text_set(&ret->btf, btf.data) < 0) ||
	    set_login(name, wish, ret) < 0 || text_set(&ret->reference, name->path) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}
