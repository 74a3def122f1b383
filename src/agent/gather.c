/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the requests for revisions and secrets of one config. */
#include "agent/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "agent/job.h"
#include "agent/status.h"
#include "base/array.h"
#include "base/base64.h"
#include "base/text.h"
#include "kube/client.h"
#include "model/bytecode.h"
#include "model/config.h"
#include "registry/auth/auth.h"

static void fetch(struct agent_config *c, const char *path, kube_done_fn *done)
{
	struct kube_request rq = {.method = "GET", .path = path, .done = done, .userdata = c};

	c->is_busy = true;
	if (kube_client_send(c->agent->client, &rq, NULL) < 0) {
		c->is_busy = false;
		agent_config_fail_adopt(c, status_error_text("Failed", "out of memory", NULL),
					true);
	}
}

static void explain(struct agent_config *c, const char *what, const struct kube_response *a,
		    const char *hint)
{
	_text_ struct text message = {0};

	text_add(&message, "%s: %s", what, a->text);
	agent_config_fail_adopt(c,
				status_error_text(a->error == -ENOENT ? "NotFound" : "Unreachable",
						  message.data, hint),
				true);
	/* What changed meanwhile does not wait for the next try. */
	c->is_busy = false;
	if (c->is_dirty)
		agent_config_reconcile(c);
}

/* --- revisions --- */

static void on_revision(void *userdata, const struct kube_response *a)
{
	struct agent_config *c = userdata;

	if (a->error) {
		explain(c, "the revision to stay at cannot be had", a,
			"bpfd-operator keeps it as a ControllerRevision");
		return;
	}
	json_decref(c->stored);
	c->stored = json_incref(json_object_get(a->body, "data"));
	agent_config_go_on(c);
}

bool gather_revision(struct agent_config *c, const char *hash)
{
	char name[KUBE_NAME_SIZE];
	_text_ struct text path = {0};

	if (c->stored && strcmp(c->stored_hash, hash) == 0)
		return true;
	json_decref(take_ptr(c->stored));
	strncpy(c->stored_hash, hash, sizeof(c->stored_hash) - 1);
	kube_join_name(c->name, hash, name);
	text_add(&path, "/apis/apps/v1/namespaces/%s/controllerrevisions/%s",
		 c->agent->options.namespace, name);
	if (path.data)
		fetch(c, path.data, on_revision);
	return false;
}

/* --- secrets --- */

static const char *next_secret(const struct agent_config *c, const struct config *config)
{
	for (size_t i = 0; i < config->n_programs; i++) {
		const char *name = config->programs[i].pull_secret.name;

		if (name && !json_object_get(c->secrets, name))
			return name;
	}
	return NULL;
}

static void on_secret(void *userdata, const struct kube_response *a)
{
	struct agent_config *c = userdata;
	json_t *data = json_object_get(a->body, "data");
	json_t *text = json_object_get(data, ".dockerconfigjson");

	if (a->error) {
		explain(c, "the image pull secret cannot be had", a,
			"it is looked for in the namespace of bpfd-agent");
		return;
	}
	/* One that is not of that type holds nothing for a registry. */
	json_object_set(c->secrets, kube_name(a->body), text ? text : json_null());
	agent_config_go_on(c);
}

bool gather_secrets(struct agent_config *c, const struct config *config)
{
	_text_ struct text path = {0};
	const char *name;

	if (!c->secrets)
		c->secrets = json_object();
	name = next_secret(c, config);
	if (!name)
		return true;
	text_add(&path, "/api/v1/namespaces/%s/secrets/%s", c->agent->options.namespace, name);
	if (path.data)
		fetch(c, path.data, on_secret);
	return false;
}

static int add_login(struct job *job, const char *registry, struct credentials *found)
{
	struct job_login *login;

	login = array_add((void **)&job->logins, &job->n_logins, sizeof(*login));
	if (!login)
		return -ENOMEM;
	login->username = take_ptr(found->username);
	login->password =
		found->identity_token ? take_ptr(found->identity_token) : take_ptr(found->password);
	return text_set(&login->registry, registry);
}

static int login_of(const char *secret, const struct config_program *program, struct job *job,
		    struct reason *why)
{
	_credentials_ struct credentials found = {0};
	struct bytecode image = {0};
	char *text = NULL;
	size_t len;
	int r = bytecode_parse(program->bytecode, &image, why);

	if (r == 0 && image.scheme == BYTECODE_IMAGE) {
		r = base64_decode(secret, strlen(secret), &text, &len);
		if (r == 0)
			r = auth_find(&(struct auth_file){text, len}, &image, &found, why);
		if (r > 0)
			r = add_login(job, image.host, &found);
	}
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	bytecode_done(&image);
	return r < 0 ? fail(why, r, "the secret is not a login: %s", strerror(-r)) : 0;
}

int gather_logins(const struct agent_config *c, const struct config *config, struct job *job,
		  struct reason *why)
{
	for (size_t i = 0; i < config->n_programs; i++) {
		const struct config_program *program = &config->programs[i];
		const char *name = program->pull_secret.name;
		const char *secret =
			name ? json_string_value(json_object_get(c->secrets, name)) : NULL;
		int r;

		if (!name)
			continue;
		if (!secret) {
			fail(why, -EBADMSG, "secret %s has no .dockerconfigjson", name);
			reason_hint(why,
				    "kubectl create secret docker-registry makes one that has");
			return -EBADMSG;
		}
		r = login_of(secret, program, job, why);
		if (r < 0) {
			reason_prefix(why, "secret %s", name);
			return r;
		}
	}
	return 0;
}
