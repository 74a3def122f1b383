/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the layout of the dispatcher's configuration. */
#include "libxdp/config.h"

#include <errno.h>
#include <string.h>

#define MAGIC 236

/* Where the arrays begin; the same in all versions. */
#define ACTIONS	   4
#define PRIORITIES (ACTIONS + 4 * CONFIG_SLOTS)
#define FLAGS	   (PRIORITIES + 4 * CONFIG_SLOTS)

static const size_t sizes[] = {[1] = FLAGS, [2] = CONFIG_SIZE, [3] = CONFIG_SIZE + 4};

_Static_assert(FLAGS + 4 * CONFIG_SLOTS == CONFIG_SIZE, "the arrays end with the structure");

static void put_u32(unsigned char *to, size_t i, uint32_t v)
{
	memcpy(to + i * sizeof(v), &v, sizeof(v));
}

static uint32_t get_u32(const unsigned char *from, size_t i)
{
	uint32_t v;

	memcpy(&v, from + i * sizeof(v), sizeof(v));
	return v;
}

void config_encode(const struct libxdp_config *config, unsigned char ret[static CONFIG_SIZE])
{
	memset(ret, 0, CONFIG_SIZE);
	ret[0] = MAGIC;
	ret[1] = CONFIG_VERSION;
	ret[2] = (unsigned char)config->n;
	ret[3] = config->has_frags;
	for (size_t i = 0; i < config->n; i++) {
		put_u32(ret + ACTIONS, i, config->slots[i].actions | CONFIG_RETURNED);
		put_u32(ret + PRIORITIES, i, config->slots[i].priority);
		put_u32(ret + FLAGS, i, config->slots[i].flags);
	}
}

int config_decode(const void *data, size_t len, struct libxdp_config *ret)
{
	const unsigned char *bytes = data;
	struct libxdp_config config = {.version = 1};

	if (len < sizes[1])
		return -EBADMSG;
	config.n = bytes[0];
	if (bytes[0] == MAGIC) {
		config.version = bytes[1];
		config.n = bytes[2];
		config.has_frags = bytes[3];
	}
	if (config.version > 3) {
		ret->version = config.version;
		return -EOPNOTSUPP;
	}
	/* version 1 has no other mark than its size; 0 is none */
	if (config.version == 0 || len != sizes[config.version] || config.n > CONFIG_SLOTS)
		return -EBADMSG;
	for (size_t i = 0; i < config.n; i++) {
		config.slots[i].actions = get_u32(bytes + ACTIONS, i) & ~CONFIG_RETURNED;
		config.slots[i].priority = get_u32(bytes + PRIORITIES, i);
		if (config.version > 1)
			config.slots[i].flags = get_u32(bytes + FLAGS, i);
	}
	*ret = config;
	return 0;
}
