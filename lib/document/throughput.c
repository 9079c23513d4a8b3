/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <weir/clock.h>

#include "parts.h"

#define ARRAY_OF(name, kind, unit, sum, label, value, meaning) put(&object, #name, json_array());
#define NO_OBJECT(name, document)

json_t *document_rates(const struct stats_rates *of)
{
	json_t *object = json_object();

	RATE_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

/* One more value to the array `key` of `object`. */
static void add(json_t **object, const char *key, uint64_t value)
{
	if (json_array_append_new(json_object_get(*object, key), json_integer((json_int_t)value)) !=
	    0) {
		json_decref(*object);
		*object = NULL;
	}
}

static void add_rates(json_t **object, const struct stats_rates *of)
{
#define ADD(name, kind, unit, sum, label, value, meaning) add(object, #name, value);
	RATE_STATISTICS(ADD, NO_OBJECT)
#undef ADD
}

json_t *document_history(const struct stats_history *entries, size_t count)
{
	json_t *object = json_object();

	put(&object, "time", json_array());
	put(&object, "covered_ms", json_array());
	RATE_STATISTICS(ARRAY_OF, NO_OBJECT)
	put(&object, "missed", json_array());
	for (size_t i = 0; i < count; i++) {
		const struct stats_history *entry = &entries[i];
		const struct stats_rates rates = stats_history_rates(entry);

		add(&object, "time", entry->time / CLOCK_MILLISECOND);
		add(&object, "covered_ms", document_ms(entry->duration));
		add_rates(&object, &rates);
		add(&object, "missed", entry->missed);
	}
	return object;
}

/* The sums, which come to those of the ledger; no frame of a capture is missed. */
static json_t *stretches(const struct stats_over_time *of)
{
	static const char *const sums[] = {"packets", "frame_octets", "ip_octets", "flows"};
	json_t *object = document_history(of->stretches, of->count);

	json_object_del(object, "missed");
	for (size_t s = 0; s < sizeof(sums) / sizeof(sums[0]); s++)
		put(&object, sums[s], json_array());
	for (uint32_t i = 0; i < of->count; i++) {
		const struct stats_history *entry = &of->stretches[i];

		add(&object, "packets", entry->packets);
		add(&object, "frame_octets", entry->frame_octets);
		add(&object, "ip_octets", entry->ip_octets);
		add(&object, "flows", entry->flows);
	}
	return object;
}

/* Of rates that are 0 no second is the highest. */
static json_t *begins(const struct stats_over_time *over_time)
{
	const struct stats_rates *of = &over_time->peak_begin, *rates = &over_time->peak;
	json_t *object = json_object();

#define BEGIN(name, kind, unit, sum, label, value, meaning)                                        \
	put(&object, #name, rates->name == 0 ? json_null() : document_date(value));
	RATE_STATISTICS(BEGIN, NO_OBJECT)
#undef BEGIN
	return object;
}

json_t *document_over_time(const struct stats_over_time *of)
{
	json_t *object = json_object();

	put_count(&object, "step_ms", document_ms(of->width));
	put(&object, "history", stretches(of));
	put_count(&object, "second_ms", document_ms(of->second));
	put(&object, "peak", document_rates(&of->peak));
	put(&object, "peak_begin", begins(of));
	put(&object, "p95", document_rates(&of->p95));
	return object;
}
