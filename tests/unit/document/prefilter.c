/* SPDX-License-Identifier: BSD-3-Clause */
/* What documents say of the prefilter. */
#include <criterion/criterion.h>

#include "fixture.h"

static json_int_t count(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	cr_assert(json_is_integer(value), "%s is no integer", key);
	return json_integer_value(value);
}

Test(prefilter, is_a_part_of_the_ledger_only_where_there_is_one)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *without = document_ledger(snapshot);

	snapshot->prefilter = fixture_prefilter;
	json_t *with = document_ledger(snapshot);
	const json_t *part = json_object_get(with, "prefilter");

	cr_expect_null(json_object_get(without, "prefilter"));
	cr_expect_eq(count(part, "seen"), 10000);
	cr_expect_eq(count(part, "xsk_full"), 10);
	cr_expect(json_is_true(json_object_get(part, "balanced")));
	json_decref(without);
	json_decref(with);
	fixture_free(snapshot);
}

Test(prefilter, a_sample_says_what_it_stands_for)
{
	json_t *document = document_prefilter(&fixture_prefilter);
	const json_t *sampling = json_object_get(document, "sampling");

	cr_expect_eq(count(sampling, "one_in"), 8);
	cr_expect_eq(count(sampling, "packets"), 8000);
	cr_expect_float_eq(json_real_value(json_object_get(sampling, "scale_packets")), 8, 1e-9);
	cr_expect_float_eq(json_real_value(json_object_get(sampling, "scale_octets")), 10, 1e-9);
	json_decref(document);
}
