/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the protocol of list and watch: pages, versions, bookmarks, 410, and when to try again. */
#include "kube/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "kube/loop.h"
#include "kube/watch_line.h"

#define PAGE_SIZE   500
#define WATCH_S	    290
#define WATCH_LIMIT ((WATCH_S + 40) * 1000)
#define BACKOFF_MS  800
#define BACKOFF_MAX 30000
#define HEALTHY_MS  5000

/* @known: name to version of what was told. @listed: the same of the list that is being read.
 * @is_fresh: the next list must not come from a cache: the server has forgotten our version. */
struct kube_watch {
	struct kube_client *client;
	struct kube_watch_options options;
	char *path, *query;
	struct kube_call *call;
	struct kube_timer retry;
	char *version;
	char *page;
	json_t *known;
	json_t *listed;
	unsigned int failures;
	unsigned int lists;
	uint64_t since_ms;
	int told;
	bool is_synced;
	bool is_out;
	bool is_fresh;
};

static void start(void *userdata);

static void key_of(const json_t *object, struct text *ret)
{
	text_add(ret, "%s/%s", kube_namespace(object), kube_name(object));
}

static const char *version_of(const json_t *object)
{
	return kube_text(object, "metadata.resourceVersion");
}

/* Tell about @object unless it is known in this version; put it into @seen. */
static void tell(struct kube_watch *w, json_t *object, json_t *seen)
{
	_text_ struct text key = {0};
	const char *version = version_of(object);
	const char *known;
	bool is_known;

	key_of(object, &key);
	if (key.r < 0)
		return;
	known = json_string_value(json_object_get(w->known, key.data));
	is_known = known && strcmp(known, version) == 0;
	json_object_set_new(seen, key.data, json_string(version));
	if (!is_known)
		w->options.on_object(w->options.userdata, object);
}

static void forget(struct kube_watch *w, json_t *object)
{
	_text_ struct text key = {0};

	key_of(object, &key);
	if (key.r == 0 && json_object_del(w->known, key.data) == 0)
		w->options.on_gone(w->options.userdata, object);
}

/* What was known and is not in the list has been deleted meanwhile. */
static void settle(struct kube_watch *w)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(w->known, next, key, value)
	{
		size_t n = strcspn(key, "/");
		_json_ json_t *gone = NULL;

		if (json_object_get(w->listed, key))
			continue;
		gone = json_pack("{s:{s:s%, s:s}}", "metadata", "namespace", key, n, "name",
				 key + n + 1);
		if (gone)
			w->options.on_gone(w->options.userdata, gone);
	}
	json_decref(w->known);
	w->known = take_ptr(w->listed);
}

static void say(struct kube_watch *w, const char *text)
{
	bool is_out = text != NULL;

	if (is_out != w->is_out && w->options.on_outage)
		w->options.on_outage(w->options.userdata, text);
	w->is_out = is_out;
}

static void again(struct kube_watch *w, unsigned int wait_s)
{
	uint64_t ms = kube_backoff_ms(BACKOFF_MS, w->failures, BACKOFF_MAX);

	w->failures++;
	if (wait_s && ms < wait_s * 1000ull)
		ms = wait_s * 1000ull + ms / 4;
	kube_timer_set(kube_client_loop(w->client), &w->retry, ms);
}

/* --- list --- */

static void begin_list_again(struct kube_watch *w)
{
	free(take_ptr(w->version));
	free(take_ptr(w->page));
	w->is_fresh = true;
}

/* 410: our version is too old. 504: it is one of the future, of a server whose data was restored.
 */
static bool has_forgotten(const struct kube_response *a)
{
	return a->status == 410 || a->status == 504;
}

static void on_page(struct kube_watch *w, const json_t *body)
{
	const char *more = kube_text(body, "metadata.continue");
	json_t *items = json_object_get(body, "items");
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item) if (watch_line_is_object(item)) tell(w, item, w->listed);
	free(take_ptr(w->page));
	if (*more) {
		text_set(&w->page, more);
		start(w);
		return;
	}
	text_set(&w->version, version_of(body));
	settle(w);
	w->is_synced = true;
	w->is_fresh = false;
	w->failures = 0;
	if (w->options.on_synced)
		w->options.on_synced(w->options.userdata);
	start(w);
}

/* Another answer is no empty cluster: all that runs would be taken away. (An empty list may have
 * null for its items.) */
static bool is_list(const json_t *body)
{
	const char *kind = kube_text(body, "kind");
	size_t n = strlen(kind);

	return n > 4 && strcmp(kind + n - 4, "List") == 0 && *version_of(body);
}

static void on_listed(void *userdata, const struct kube_response *a)
{
	struct kube_watch *w = userdata;
	bool is_fine = a->error == 0 && is_list(a->body);

	w->call = NULL;
	if (is_fine) {
		say(w, NULL);
		on_page(w, a->body);
		return;
	}
	w->is_fresh = has_forgotten(a);
	free(take_ptr(w->version));
	free(take_ptr(w->page));
	json_decref(take_ptr(w->listed));
	say(w, a->error ? a->text : "its answer is no list");
	again(w, a->retry_after_s);
}

static void list(struct kube_watch *w)
{
	_text_ struct text path = {0};
	struct kube_request rq = {.method = "GET",
				  .accept = w->options.is_metadata ? KUBE_METADATA_LIST : NULL,
				  .done = on_listed,
				  .userdata = w,
				  .timeout_ms = 60000};

	if (!w->page) {
		json_decref(w->listed);
		w->listed = json_object();
		w->lists++;
	}
	text_add(&path, "%s?limit=%d", w->path, PAGE_SIZE);
	if (w->page)
		text_add(&path, "&continue=%s", w->page);
	else if (!w->is_fresh)
		text_add(&path, "&resourceVersion=0");
	if (w->query)
		text_add(&path, "&%s", w->query);
	rq.path = path.data;
	if (path.r < 0 || !w->listed || kube_client_send(w->client, &rq, &w->call) < 0)
		again(w, 0);
}

/* --- watch --- */

static int take_line(struct kube_watch *w, const struct watch_line *line)
{
	switch (line->kind) {
	case WATCH_EXPIRED:
		begin_list_again(w);
		return -ESTALE;
	case WATCH_ERROR:
		return -ESTALE;
	case WATCH_DELETED:
		forget(w, line->object);
		break;
	case WATCH_CHANGED:
		tell(w, line->object, w->known);
		break;
	default:
		break;
	}
	w->told++;
	return *line->version ? text_set(&w->version, line->version) : 0;
}

static int on_line(void *userdata, const char *text, size_t len)
{
	struct kube_watch *w = userdata;
	struct watch_line line;
	int r;

	if (len == 0) {
		say(w, NULL);
		return 0;
	}
	r = watch_line_decode(text, len, &line);
	if (r < 0)
		return r;
	r = take_line(w, &line);
	watch_line_done(&line);
	return r;
}

/* Ends as arranged after some minutes, or breaks. A stream that never gave anything counts as a
 * failure, so that a server that cuts each at once is not asked without end. */
static void on_ended(void *userdata, const struct kube_response *a)
{
	struct kube_watch *w = userdata;
	bool was_healthy = w->told > 0 || kube_now_ms() - w->since_ms > HEALTHY_MS;

	w->call = NULL;
	if (has_forgotten(a))
		begin_list_again(w);
	if (was_healthy)
		w->failures = 0;
	if (a->error && a->error != -ESTALE && !was_healthy)
		say(w, a->text);
	if (was_healthy && !a->error)
		start(w);
	else
		again(w, a->retry_after_s);
}

static void watch(struct kube_watch *w)
{
	_text_ struct text path = {0};
	struct kube_request rq = {.method = "GET",
				  .accept = w->options.is_metadata ? KUBE_METADATA : NULL,
				  .line = on_line,
				  .done = on_ended,
				  .userdata = w,
				  .timeout_ms = WATCH_LIMIT};

	text_add(&path, "%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s",
		 w->path, WATCH_S, w->version);
	if (w->query)
		text_add(&path, "&%s", w->query);
	w->told = 0;
	w->since_ms = kube_now_ms();
	rq.path = path.data;
	if (path.r < 0 || kube_client_send(w->client, &rq, &w->call) < 0)
		again(w, 0);
}

static void start(void *userdata)
{
	struct kube_watch *w = userdata;

	if (w->version)
		watch(w);
	else
		list(w);
}

int kube_watch_new(struct kube_client *client, const struct kube_watch_options *options,
		   struct kube_watch **ret)
{
	struct kube_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->client = client;
	w->options = *options;
	w->retry.fn = start;
	w->retry.userdata = w;
	w->known = json_object();
	if (!w->known || text_set(&w->path, options->path) < 0 ||
	    text_set(&w->query, options->query) < 0) {
		kube_watch_free(w);
		return -ENOMEM;
	}
	*ret = w;
	kube_timer_set(kube_client_loop(client), &w->retry, 0);
	return 0;
}

void kube_watch_free(struct kube_watch *w)
{
	if (!w)
		return;
	kube_call_cancel(w->call);
	kube_timer_stop(kube_client_loop(w->client), &w->retry);
	json_decref(w->known);
	json_decref(w->listed);
	free(w->version);
	free(w->page);
	free(w->path);
	free(w->query);
	free(w);
}

bool kube_watch_is_synced(const struct kube_watch *watch)
{
	return watch->is_synced;
}

unsigned int kube_watch_lists(const struct kube_watch *watch)
{
	return watch->lists;
}
