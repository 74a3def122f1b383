/* SPDX-License-Identifier: Apache-2.0 */
/* Owns Secret and caBundle. A rotation is two steps: first the API server trusts the new authority
 * beside the old one, then all serve by it. */
#include "operator/serving.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "operator/operator.h"
#include "operator/webhook/certificate.h"
#include "operator/webhook/webhook.h"

#define SECRET	     "bpfd-webhook-tls"
#define WEBHOOK_PATH "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/"
#define LIFETIME_S   (90 * 24 * 3600)
#define LOOK_MS	     60000
#define AGAIN_MS     3000

/* @pair, @bundle: of the Secret; served once the API server has the bundle. */
struct op_serving {
	struct op *op;
	struct webhook *webhook;
	struct certificate_pair pair;
	char *bundle;
	struct kube_timer timer;
	struct kube_call *call;
	bool is_told;	/* the API server has the bundle */
	bool is_served; /* we serve the pair */
};

static void secret_path(const struct op_serving *s, bool is_one, struct text *ret)
{
	text_add(ret, "/api/v1/namespaces/%s/secrets%s", s->op->options.namespace,
		 is_one ? "/" SECRET : "");
}

static void again(struct op_serving *s, uint64_t ms)
{
	kube_timer_set(s->op->loop, &s->timer, ms);
}

/* --- serving --- */

static void serve(struct op_serving *s)
{
	_reason_ struct reason why = {0};

	if (!s->is_served && webhook_set_certificate(s->webhook, &s->pair, &why) < 0)
		log_warning("the webhook's certificate: %s", why.text);
	else
		s->is_served = true;
}

static char *encode(const char *pem)
{
	_text_ struct text t = {0};

	base64_encode(&t, pem, strlen(pem));
	while (t.len % 4)
		text_add(&t, "=");
	return text_take(&t);
}

static void on_told(void *userdata, const struct kube_response *a)
{
	struct op_serving *s = userdata;

	s->call = NULL;
	if (a->error && a->error != -ENOENT)
		log_warning("the API server cannot be told the webhook's authority: %s", a->text);
	/* Without a configuration nobody asks us, and one that comes later is told in a minute. */
	s->is_told = a->error == 0;
	serve(s);
	again(s, a->error ? AGAIN_MS * 5 : LOOK_MS);
}

/* All webhooks of the configuration are ours; there is one. */
static void tell(struct op_serving *s)
{
	_free_ char *bundle = encode(s->bundle);
	_json_ json_t *patch =
		json_pack("[{s:s, s:s, s:s}]", "op", "add", "path",
			  "/webhooks/0/clientConfig/caBundle", "value", bundle ? bundle : "");
	struct kube_request rq = {.method = "PATCH",
				  .path = WEBHOOK_PATH "bpfd-webhook",
				  .type = KUBE_JSON_PATCH,
				  .body = patch,
				  .done = on_told,
				  .userdata = s};

	if (kube_client_send(s->op->client, &rq, &s->call) < 0)
		again(s, AGAIN_MS);
}

/* --- the Secret --- */

static int take(const json_t *data, const char *key, char **ret)
{
	const char *text = json_string_value(json_object_get(data, key));
	size_t len;

	if (!text)
		return -ENOENT;
	free(take_ptr(*ret));
	return base64_decode(text, strlen(text), ret, &len);
}

static int read_secret(struct op_serving *s, const json_t *secret)
{
	const json_t *data = json_object_get(secret, "data");
	_free_ char *before = s->pair.certificate ? strdup(s->pair.certificate) : NULL;
	int r = take(data, "tls.crt", &s->pair.certificate);

	if (r == 0)
		r = take(data, "tls.key", &s->pair.key);
	if (r == 0)
		r = take(data, "ca.crt", &s->bundle);
	if (r == 0 && before && strcmp(before, s->pair.certificate) != 0)
		s->is_told = s->is_served = false;
	return r;
}

static void name_of(const struct op_serving *s, char *ret, size_t size, const char *tail)
{
	snprintf(ret, size, "%s.%s%s", s->op->options.service, s->op->options.namespace, tail);
}

static bool is_good(const struct op_serving *s)
{
	struct certificate_times times;
	char name[600];
	int64_t now = time(NULL);

	name_of(s, name, sizeof(name), ".svc");
	return certificate_read_times(s->pair.certificate, &times, NULL) == 0 &&
	       !certificate_is_due(&times, now) &&
	       certificate_check(&s->pair, &(struct certificate_question){s->bundle, name, now},
				 NULL) == 0;
}

static void on_written(void *userdata, const struct kube_response *a)
{
	struct op_serving *s = userdata;

	s->call = NULL;
	if (a->error && a->error != -EEXIST && a->error != -ESTALE)
		log_warning("secret %s cannot be written: %s", SECRET, a->text);
	again(s, a->error ? AGAIN_MS : 0);
}

static json_t *secret_of(const struct op_serving *s, const struct certificate_pair *pair,
			 const char *bundle, const char *version)
{
	_free_ char *crt = encode(pair->certificate), *key = encode(pair->key),
		    *ca = encode(bundle);
	json_t *secret =
		json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s}}", "apiVersion", "v1",
			  "kind", "Secret", "type", "kubernetes.io/tls", "metadata", "name", SECRET,
			  "namespace", s->op->options.namespace, "data", "tls.crt", crt ? crt : "",
			  "tls.key", key ? key : "", "ca.crt", ca ? ca : "");

	kube_set_text(json_object_get(secret, "metadata"), "resourceVersion", version);
	return secret;
}

static int make(struct op_serving *s, struct certificate_pair *ret, char **ret_bundle,
		struct reason *why)
{
	struct certificate_order order = {.now = time(NULL), .lifetime_s = LIFETIME_S};
	_certificate_pair_ struct certificate_pair ca = {0};
	char short_name[600], name[600], long_name[600];
	const char *names[] = {name,	    short_name, long_name, s->op->options.service,
			       "localhost", NULL};
	int r = certificate_make_ca(&order, &ca, why);

	name_of(s, short_name, sizeof(short_name), "");
	name_of(s, name, sizeof(name), ".svc");
	name_of(s, long_name, sizeof(long_name), ".svc.cluster.local");
	order.names = names;
	if (r == 0)
		r = certificate_make(&ca, &order, ret, why);
	return r < 0 ? r : certificate_bundle(ca.certificate, s->bundle, order.now, ret_bundle);
}

/* The leader makes one; its authority's key is forgotten at once. @version: "" for a new Secret. */
static void renew(struct op_serving *s, const char *version)
{
	_certificate_pair_ struct certificate_pair pair = {0};
	_free_ char *bundle = NULL;
	_reason_ struct reason why = {0};
	_text_ struct text path = {0};
	_json_ json_t *body = NULL;

	if (!operator_leads(s->op)) {
		again(s, AGAIN_MS);
		return;
	}
	if (make(s, &pair, &bundle, &why) < 0) {
		log_warning("no certificate for the webhook: %s", why.text);
		again(s, LOOK_MS);
		return;
	}
	log_info("a new certificate for the webhook");
	body = secret_of(s, &pair, bundle, version);
	secret_path(s, *version, &path);
	if (!body || !path.data ||
	    kube_client_send(s->op->client,
			     &(struct kube_request){.method = *version ? "PUT" : "POST",
						    .path = path.data,
						    .body = body,
						    .done = on_written,
						    .userdata = s},
			     &s->call) < 0)
		again(s, AGAIN_MS);
}

static void on_read(void *userdata, const struct kube_response *a)
{
	struct op_serving *s = userdata;

	s->call = NULL;
	if (a->error && a->error != -ENOENT) {
		log_warning("secret %s cannot be read: %s", SECRET, a->text);
		again(s, AGAIN_MS);
		return;
	}
	if (a->error || read_secret(s, a->body) < 0 || !is_good(s)) {
		renew(s, a->error ? "" : kube_text(a->body, "metadata.resourceVersion"));
		return;
	}
	if (operator_leads(s->op) && !s->is_told) {
		tell(s);
		return;
	}
	serve(s);
	again(s, LOOK_MS);
}

static void look(void *userdata)
{
	struct op_serving *s = userdata;
	_text_ struct text path = {0};

	if (s->call)
		return;
	secret_path(s, true, &path);
	if (!path.data || kube_client_send(s->op->client,
					   &(struct kube_request){.method = "GET",
								  .path = path.data,
								  .done = on_read,
								  .userdata = s},
					   &s->call) < 0)
		again(s, AGAIN_MS);
}

void op_serving_look(struct op_serving *s)
{
	s->is_told = false;
	again(s, 0);
}

static void on_webhook(void *userdata)
{
	struct op_serving *s = userdata;

	if (webhook_dispatch(s->webhook) < 0)
		log_error("the webhook's server is broken");
}

int op_serving_new(struct op *op, struct op_serving **ret, struct reason *why)
{
	struct op_serving *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->op = op;
	s->timer.fn = look;
	s->timer.userdata = s;
	r = webhook_new(&(struct webhook_options){.at = op->options.webhook}, &s->webhook, why);
	if (r == 0)
		r = kube_loop_add_fd(op->loop, webhook_fd(s->webhook), on_webhook, s);
	if (r < 0) {
		op_serving_free(s);
		return r;
	}
	again(s, 0);
	*ret = s;
	return 0;
}

void op_serving_free(struct op_serving *s)
{
	if (!s)
		return;
	kube_call_cancel(s->call);
	kube_timer_stop(s->op->loop, &s->timer);
	if (s->webhook)
		kube_loop_remove_fd(s->op->loop, webhook_fd(s->webhook));
	webhook_free(s->webhook);
	certificate_pair_done(&s->pair);
	free(s->bundle);
	free(s);
}

const char *op_serving_wants(const struct op_serving *s)
{
	return s->is_served ? NULL : "the webhook's certificate";
}

void op_serving_stats(const struct op_serving *s, struct webhook_stats *ret)
{
	webhook_stats(s->webhook, ret);
}
