/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that are made, asked, renewed and rotated. Whether other TLS implementations take
 * them is tested by tests/interop/webhook.sh. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "operator/webhook/certificate.h"

#include <cmocka.h>

#define NOW  INT64_C(1800000000)
#define DAY  INT64_C(86400)
#define NAME "bpfd-webhook.bpfd.svc"

static const char *const names[] = {NAME, "localhost", "127.0.0.1", "::1", NULL};

static void make_ca(int64_t now, struct certificate_pair *ret)
{
	const struct certificate_order order = {NULL, now, 365 * DAY};

	assert_int_equal(certificate_make_ca(&order, ret, NULL), 0);
}

static void make(const struct certificate_pair *ca, struct certificate_pair *ret)
{
	const struct certificate_order order = {names, NOW, 90 * DAY};

	assert_int_equal(certificate_make(ca, &order, ret, NULL), 0);
}

static int check(const struct certificate_pair *pair, const char *bundle, const char *name,
		 int64_t now)
{
	const struct certificate_question question = {bundle, name, now};

	return certificate_check(pair, &question, NULL);
}

static void a_certificate_is_good_for_its_names_and_no_other(void **state)
{
	_certificate_pair_ struct certificate_pair ca = {.key = NULL}, pair = {.key = NULL};

	(void)state;
	make_ca(NOW, &ca);
	make(&ca, &pair);
	for (size_t i = 0; names[i]; i++)
		assert_int_equal(check(&pair, ca.certificate, names[i], NOW), 0);
	assert_int_equal(check(&pair, ca.certificate, "bpfd-webhook.other.svc", NOW),
			 -EKEYREJECTED);
	assert_int_equal(check(&pair, ca.certificate, "127.0.0.2", NOW), -EKEYREJECTED);
}

static void it_is_good_in_its_time_and_a_slow_clock_is_forgiven(void **state)
{
	_certificate_pair_ struct certificate_pair ca = {.key = NULL}, pair = {.key = NULL};

	(void)state;
	make_ca(NOW, &ca);
	make(&ca, &pair);
	assert_int_equal(check(&pair, ca.certificate, NAME, NOW - 299), 0);
	assert_int_equal(check(&pair, ca.certificate, NAME, NOW - 301), -EKEYREJECTED);
	assert_int_equal(check(&pair, ca.certificate, NAME, NOW + 90 * DAY - 1), 0);
	assert_int_equal(check(&pair, ca.certificate, NAME, NOW + 90 * DAY + 1), -EKEYREJECTED);
}

static void another_ca_or_key_is_refused(void **state)
{
	_certificate_pair_ struct certificate_pair ca = {.key = NULL}, other = {.key = NULL};
	_certificate_pair_ struct certificate_pair pair = {.key = NULL}, mixed = {.key = NULL};

	(void)state;
	make_ca(NOW, &ca);
	make_ca(NOW, &other);
	make(&ca, &pair);
	assert_int_equal(check(&pair, other.certificate, NAME, NOW), -EKEYREJECTED);
	assert_int_equal(check(&pair, "", NAME, NOW), -EKEYREJECTED);
	mixed.certificate = strdup(pair.certificate);
	mixed.key = strdup(other.key);
	assert_int_equal(check(&mixed, ca.certificate, NAME, NOW), -EINVAL);
}

static void a_serving_certificate_is_no_ca(void **state)
{
	const struct certificate_order order = {names, NOW, DAY};
	_certificate_pair_ struct certificate_pair ca = {.key = NULL}, pair = {.key = NULL},
						   below = {.key = NULL};
	_free_ char *bundle = NULL;

	(void)state;
	make_ca(NOW, &ca);
	make(&ca, &pair);
	assert_int_equal(certificate_make(&pair, &order, &below, NULL), 0);
	assert_int_equal(certificate_bundle(pair.certificate, ca.certificate, NOW, &bundle), 0);
	assert_int_equal(check(&below, bundle, NAME, NOW), -EKEYREJECTED);
}

static void a_third_of_the_lifetime_is_the_time_to_renew(void **state)
{
	const struct certificate_times times = {1000, 1900};
	static const struct {
		int64_t now;
		bool is_due;
	} rows[] = {{999, true},  {1000, false}, {1599, false},	    {1600, true},
		    {1899, true}, {1900, true},	 {INT64_MAX, true}, {INT64_MIN, true}};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++)
		assert_int_equal(certificate_is_due(&times, rows[i].now), rows[i].is_due);
}

static void times_are_read_back(void **state)
{
	_certificate_pair_ struct certificate_pair ca = {.key = NULL};
	struct certificate_times times;

	(void)state;
	make_ca(NOW, &ca);
	assert_int_equal(certificate_read_times(ca.certificate, &times, NULL), 0);
	assert_int_equal(times.from, NOW - 300);
	assert_int_equal(times.until, NOW + 365 * DAY);
}

static void rubbish_is_no_certificate(void **state)
{
	static const char *const texts[] = {
		"", "x", "-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
	struct certificate_times times;
	_free_ char *large = malloc(CERTIFICATE_PEM_MAX + 2);

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		assert_int_equal(certificate_read_times(texts[i], &times, NULL), -EINVAL);
	assert_int_equal(certificate_read_times(NULL, &times, NULL), -EINVAL);
	memset(large, 'A', CERTIFICATE_PEM_MAX + 1);
	large[CERTIFICATE_PEM_MAX + 1] = '\0';
	assert_int_equal(certificate_read_times(large, &times, NULL), -EFBIG);
}

static void names_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {"", "a b", "a,DNS:evil", "-a", "*.x", "a\n", "host/path"};
	_certificate_pair_ struct certificate_pair ca = {.key = NULL}, pair = {.key = NULL};
	const char *many[CERTIFICATE_NAMES_MAX + 2];

	(void)state;
	make_ca(NOW, &ca);
	for (size_t i = 0; i < array_size(bad); i++) {
		const char *const one[] = {bad[i], NULL};
		const struct certificate_order order = {one, NOW, DAY};

		assert_int_equal(certificate_make(&ca, &order, &pair, NULL), -EINVAL);
	}
	for (size_t i = 0; i <= CERTIFICATE_NAMES_MAX; i++)
		many[i] = "localhost";
	many[CERTIFICATE_NAMES_MAX + 1] = NULL;
	const struct certificate_order order = {many, NOW, DAY};

	assert_int_equal(certificate_make(&ca, &order, &pair, NULL), -EINVAL);
	many[CERTIFICATE_NAMES_MAX] = NULL;
	assert_int_equal(certificate_make(&ca, &order, &pair, NULL), 0);
}

static void lifetimes_that_are_none_are_refused(void **state)
{
	static const int64_t bad[] = {0, -1, INT64_MAX, INT64_MIN};
	_certificate_pair_ struct certificate_pair ca = {.key = NULL};

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		const struct certificate_order order = {NULL, NOW, bad[i]};

		assert_int_equal(certificate_make_ca(&order, &ca, NULL), -EINVAL);
	}
}

static void a_rotation_breaks_nobody(void **state)
{
	_certificate_pair_ struct certificate_pair old = {.key = NULL}, new = {.key = NULL};
	_certificate_pair_ struct certificate_pair by_old = {.key = NULL}, by_new = {.key = NULL};
	_free_ char *both = NULL, *again = NULL, *later = NULL;

	(void)state;
	make_ca(NOW - 200 * DAY, &old);
	make_ca(NOW, &new);
	make(&old, &by_old);
	make(&new, &by_new);
	assert_int_equal(certificate_bundle(new.certificate, old.certificate, NOW, &both), 0);
	assert_int_equal(check(&by_old, both, NAME, NOW), 0);
	assert_int_equal(check(&by_new, both, NAME, NOW), 0);
	/* Doing it twice adds nothing, and what is expired goes. */
	assert_int_equal(certificate_bundle(new.certificate, both, NOW, &again), 0);
	assert_string_equal(again, both);
	assert_int_equal(certificate_bundle(new.certificate, both, NOW + 170 * DAY, &later), 0);
	assert_string_equal(later, new.certificate);
}

static size_t count(const char *bundle)
{
	size_t n = 0;

	for (const char *p = bundle; (p = strstr(p, "-----BEGIN")); p++)
		n++;
	return n;
}

static void a_bundle_has_a_bound_and_forgets_rubbish(void **state)
{
	_free_ char *bundle = strdup("rubbish");

	(void)state;
	for (size_t i = 1; i < 2 * CERTIFICATE_BUNDLE_MAX; i++) {
		_certificate_pair_ struct certificate_pair ca = {.key = NULL};
		char *next = NULL;

		make_ca(NOW, &ca);
		assert_int_equal(certificate_bundle(ca.certificate, bundle, NOW, &next), 0);
		assert_int_equal(count(next),
				 i < CERTIFICATE_BUNDLE_MAX ? i : CERTIFICATE_BUNDLE_MAX);
		assert_memory_equal(next, ca.certificate, strlen(ca.certificate));
		free(bundle);
		bundle = next;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_good_for_its_names_and_no_other),
		cmocka_unit_test(it_is_good_in_its_time_and_a_slow_clock_is_forgiven),
		cmocka_unit_test(another_ca_or_key_is_refused),
		cmocka_unit_test(a_serving_certificate_is_no_ca),
		cmocka_unit_test(a_third_of_the_lifetime_is_the_time_to_renew),
		cmocka_unit_test(times_are_read_back),
		cmocka_unit_test(rubbish_is_no_certificate),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(lifetimes_that_are_none_are_refused),
		cmocka_unit_test(a_rotation_breaks_nobody),
		cmocka_unit_test(a_bundle_has_a_bound_and_forgets_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
