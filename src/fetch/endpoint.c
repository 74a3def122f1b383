/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how the configuration of registries becomes endpoints. Reads files, parses none. */
#include "fetch/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "fetch/order.h"
#include "manifest/settings.h"
#include "model/bytecode.h"

int fetch_file_read(const char *path, struct fetch_file *ret, struct reason *why)
{
	_close_ int fd = -1;
	int r;

	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	r = fd < 0 ? -errno : fd_read_all(fd, FETCH_FILE_MAX, &ret->data, &ret->len);
	return r < 0 ? fail(why, r, "%s, which bpfd.yaml names: %s", path, strerror(-r)) : 0;
}

/* @place: host[:port][/prefix] */
static int add_endpoint(const struct settings *settings, const char *place,
			const struct bytecode *name, struct fetch_order *order, struct reason *why)
{
	struct fetch_endpoint *e = &order->endpoints[order->n_endpoints++];
	const char *slash = strchr(place, '/');
	_free_ char *host = strndup(place, slash ? (size_t)(slash - place) : strlen(place));
	const struct settings_registry *set = host ? settings_registry(settings, host) : NULL;
	_text_ struct text url = {0};
	_text_ struct text repository = {0};
	int r = 0;

	if (!host)
		return fail(why, -ENOMEM, "out of memory");
	/* The API of Docker Hub has another name than its images. */
	text_add(&url, "%s://%s", set && set->insecure ? "http" : "https",
		 strcmp(host, "docker.io") == 0 ? "registry-1.docker.io" : host);
	text_add(&repository, "%s%s%s", slash ? slash + 1 : "", slash ? "/" : "", name->repository);
	e->url = text_take(&url);
	e->repository = text_take(&repository);
	if (!e->url || !e->repository)
		return fail(why, -ENOMEM, "out of memory");
	if (!set)
		return 0;
	e->may_be_plain = set->insecure;
	e->skips_verify = set->skips_verify;
	r = fetch_file_read(set->ca_file, &e->ca, why);
	if (r == 0)
		r = fetch_file_read(set->cert_file, &e->cert, why);
	return r < 0 ? r : fetch_file_read(set->key_file, &e->key, why);
}

static const char *environment(const char *name, const char *other)
{
	const char *value = getenv(name);

	return value && *value ? value : getenv(other);
}

int fetch_origin(const struct settings *settings, const struct bytecode *name,
		 struct fetch_order *order, struct reason *why)
{
	int r = add_endpoint(settings, name->host, name, order, why);

	if (r < 0)
		return r;
	if (text_set(&order->proxy, environment("https_proxy", "HTTPS_PROXY")) < 0 ||
	    text_set(&order->no_proxy, environment("no_proxy", "NO_PROXY")) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}

int fetch_endpoints(const struct settings *settings, const struct bytecode *name,
		    struct fetch_order *order, struct reason *why)
{
	const struct settings_registry *set = settings_registry(settings, name->host);
	int r = 0;

	for (size_t i = 0; set && i < set->n_mirrors && r == 0; i++)
		r = add_endpoint(settings, set->mirrors[i], name, order, why);
	return r < 0 ? r : fetch_origin(settings, name, order, why);
}
