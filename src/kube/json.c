/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of objects by paths, names that fit, and conditions. */
#include "kube/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/text.h"
#include "model/labels.h"

#define STEP_MAX 128

json_t *kube_get(const json_t *object, const char *path)
{
	const json_t *at = object;

	while (at && *path) {
		size_t n = strcspn(path, ".");
		char step[STEP_MAX];

		if (n >= sizeof(step))
			return NULL;
		memcpy(step, path, n);
		step[n] = '\0';
		at = json_object_get(at, step);
		path += n + (path[n] == '.');
	}
	return (json_t *)(uintptr_t)at;
}

const char *kube_text(const json_t *object, const char *path)
{
	const char *s = json_string_value(kube_get(object, path));

	return s ? s : "";
}

long long kube_number(const json_t *object, const char *path)
{
	return json_integer_value(kube_get(object, path));
}

bool kube_flag(const json_t *object, const char *path)
{
	return json_is_true(kube_get(object, path));
}

void kube_set_text(json_t *object, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(object, key, json_string(value));
}

void kube_drop_empty(json_t *value)
{
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	json_object_foreach_safe(value, next, key, member)
	{
		const char *text = json_string_value(member);

		if (text && !*text)
			json_object_del(value, key);
		else
			kube_drop_empty(member);
	}
	json_array_foreach(value, i, member) kube_drop_empty(member);
}

int kube_labels(const json_t *object, struct labels *ret)
{
	json_t *labels = kube_get(object, "metadata.labels");
	const char *key;
	json_t *value;

	json_object_foreach(labels, key, value)
	{
		const char *s = json_string_value(value);

		if (s && labels_set(ret, key, s, NULL) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

/* @name cut so that '-' and ten digits of its digest fit into @size. */
static void shorten(const char *name, char *ret, size_t size)
{
	char digest[DIGEST_TEXT_SIZE];
	int keep = (int)size - 12;

	digest_text(name, strlen(name), digest);
	snprintf(ret, size, "%.*s-%.10s", keep, name, digest + strlen("sha256:"));
}

void kube_label_value(const char *name, char ret[static KUBE_LABEL_SIZE])
{
	if (strlen(name) < KUBE_LABEL_SIZE)
		memcpy(ret, name, strlen(name) + 1);
	else
		shorten(name, ret, KUBE_LABEL_SIZE);
}

void kube_join_name(const char *a, const char *b, char ret[static KUBE_NAME_SIZE])
{
	char joined[2 * KUBE_NAME_SIZE + 2];

	snprintf(joined, sizeof(joined), "%s.%s", a, b);
	if (strlen(joined) < KUBE_NAME_SIZE)
		memcpy(ret, joined, strlen(joined) + 1);
	else
		shorten(joined, ret, KUBE_NAME_SIZE);
}

void kube_time(bool is_micro, char ret[static KUBE_TIME_SIZE])
{
	struct timespec now;
	struct tm utc;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	n = strftime(ret, KUBE_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
	if (is_micro)
		snprintf(ret + n, KUBE_TIME_SIZE - n, ".%06ldZ", now.tv_nsec / 1000 % 1000000);
	else
		snprintf(ret + n, KUBE_TIME_SIZE - n, "Z");
}

void kube_keep_times(json_t *conditions, const json_t *old)
{
	size_t i, k;
	json_t *now, *before;

	json_array_foreach(conditions, i, now)
	{
		json_array_foreach((json_t *)(uintptr_t)old, k, before)
		{
			if (strcmp(kube_text(now, "type"), kube_text(before, "type")) == 0 &&
			    strcmp(kube_text(now, "status"), kube_text(before, "status")) == 0)
				kube_set_text(now, "lastTransitionTime",
					      kube_text(before, "lastTransitionTime"));
		}
	}
}

json_t *kube_condition(const char *type, bool is_true, const char *reason, const char *message)
{
	char now[KUBE_TIME_SIZE];

	kube_time(false, now);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", type, "status",
			 is_true ? "True" : "False", "reason", reason, "message", message,
			 "lastTransitionTime", now);
}

void kube_hash(const json_t *object, char ret[static KUBE_HASH_SIZE])
{
	char digest[DIGEST_TEXT_SIZE];
	char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	digest_text(text ? text : "", text ? strlen(text) : 0, digest);
	free(text);
	for (size_t i = 0; i < KUBE_HASH_SIZE - 1; i++) {
		const char *digit = digest + strlen("sha256:") + i;

		ret[i] = "bcdfghjkmnpqrstv"[*digit <= '9' ? *digit - '0' : *digit - 'a' + 10];
	}
	ret[KUBE_HASH_SIZE - 1] = '\0';
}
