/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of links and chains. */
#include "model/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void link_done(struct link *link)
{
	free(link->program_name);
	free(link->hook);
	free(link->mode);
	free(link->config);
	labels_done(&link->labels);
	memset(link, 0, sizeof(*link));
}

void chain_done(struct chain *chain)
{
	free(chain->hook);
	free(chain->mode);
	free(chain->why);
	free(chain->xdp_mode);
	memset(chain, 0, sizeof(*chain));
}

int link_copy(const struct link *from, struct link *ret)
{
	*ret = *from;
	ret->program_name = ret->hook = ret->mode = ret->config = NULL;
	ret->labels = (struct labels){0};
	if (text_set(&ret->program_name, from->program_name) == 0 &&
	    text_set(&ret->hook, from->hook) == 0 && text_set(&ret->mode, from->mode) == 0 &&
	    text_set(&ret->config, from->config) == 0 &&
	    labels_copy(&from->labels, &ret->labels) == 0)
		return 0;
	link_done(ret);
	return -ENOMEM;
}

int chain_copy(const struct chain *from, struct chain *ret)
{
	*ret = *from;
	ret->hook = ret->mode = ret->why = ret->xdp_mode = NULL;
	if (text_set(&ret->hook, from->hook) == 0 && text_set(&ret->mode, from->mode) == 0 &&
	    text_set(&ret->why, from->why) == 0 && text_set(&ret->xdp_mode, from->xdp_mode) == 0)
		return 0;
	chain_done(ret);
	return -ENOMEM;
}

void link_list_done(struct link_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		link_done(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void chain_list_done(struct chain_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		chain_done(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}
