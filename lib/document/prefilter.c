/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <math.h>

#include <weir/commands.h>

#include "parts.h"

json_t *document_prefilter_ledger(const struct snapshot_prefilter *of)
{
	json_t *object = json_object();

	PREFILTER_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

static json_t *octets(const struct snapshot_prefilter *of)
{
	json_t *object = json_object();

	PREFILTER_OCTET_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

static double ratio(uint64_t whole, uint64_t part)
{
	return part == 0 ? 0 : round((double)whole / (double)part * 1000) / 1000;
}

/*
 * What was sampled out was counted all the same, so that what the sample stands for is known:
 * frames and octets of the wire, and by how much to multiply what weir says.
 */
static json_t *sampling(const struct snapshot_prefilter *prefilter)
{
	uint64_t analysed = prefilter->analysed + prefilter->xsk_full;
	uint64_t packets = analysed + prefilter->sampled_out;
	uint64_t all = prefilter->analysed_octets + prefilter->sampled_out_octets;
	json_t *object = json_object();

	if (prefilter->sample_every > 1)
		put_count(&object, "one_in", prefilter->sample_every);
	put_count(&object, "analysed", analysed);
	put_count(&object, "analysed_octets", prefilter->analysed_octets);
	put_count(&object, "sampled_out", prefilter->sampled_out);
	put_count(&object, "packets", packets);
	put_count(&object, "octets", all);
	put(&object, "scale_packets", json_real(ratio(packets, analysed)));
	put(&object, "scale_octets", json_real(ratio(all, prefilter->analysed_octets)));
	return object;
}

json_t *document_prefilter(const struct snapshot_prefilter *prefilter)
{
	json_t *object = json_object();

	put(&object, "mode", json_string(prefilter->native ? "native" : "generic"));
	put(&object, "in_front_of", json_string(prefilter->sockets ? "af_xdp" : "af_packet"));
	put(&object, "interface_present", json_boolean(prefilter->attached));
	put(&object, "packets", document_prefilter_ledger(prefilter));
	put(&object, "octets", octets(prefilter));
	if (prefilter->sampling || prefilter->sampled_out > 0)
		put(&object, "sampling", sampling(prefilter));
	return object;
}

static json_t *rule(const struct prefilter_rule_sum *sum, size_t number)
{
	json_t *object = json_object();

	put_count(&object, "number", number);
	put(&object, "rule", document_text(sum->rule));
	put(&object, "action", json_string(sum->action));
	put_count(&object, "packets", sum->matched.packets);
	put_count(&object, "octets", sum->matched.octets);
	put_count(&object, "over_packets", sum->over.packets);
	put_count(&object, "over_octets", sum->over.octets);
	return object;
}

static json_t *rules(const struct prefilter_sums *sums, json_t *array)
{
	json_t *object = json_object();

	put(&object, "rules", array);
	put_count(&object, "rules_total", sums->total);
	put_count(&object, "gone_packets", sums->gone.packets);
	put_count(&object, "gone_octets", sums->gone.octets);
	return object;
}

json_t *document_prefilter_rules(const struct prefilter_sums *sums, size_t first)
{
	json_t *array = json_array();

	for (size_t i = 0; i < sums->count; i++)
		append(&array, rule(&sums->rules[i], first + i + 1));
	return rules(sums, array);
}

json_t *document_prefilter_matches(const struct prefilter_sums *sums)
{
	json_t *array = json_array();

	for (size_t i = 0; i < sums->count && json_array_size(array) < COMMAND_REPORT_RULES; i++)
		if (sums->rules[i].matched.packets > 0)
			append(&array, rule(&sums->rules[i], i + 1));
	return rules(sums, array);
}
