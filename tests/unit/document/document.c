/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* That `object` has exactly these keys (separated by blanks), in this order. */
static void expect_keys(const json_t *object, const char *keys)
{
	char *list = strdup(keys), *rest = list;
	size_t count = 0;
	const char *key;
	json_t *value;

	cr_assert(json_is_object(object), "no object with: %s", keys);
	json_object_foreach((json_t *)object, key, value) {
		const char *wanted = strsep(&rest, " ");

		cr_expect(wanted != NULL && strcmp(key, wanted) == 0, "%s is %s", wanted, key);
		count++;
	}
	cr_expect_null(rest, "missing from %zu on: %s", count, rest);
	free(list);
}

static json_int_t integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	cr_assert(json_is_integer(value), "%s is no integer", key);
	return json_integer_value(value);
}

static void expect_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	cr_assert_not_null(value, "%s is no string", key);
	cr_expect_str_eq(value, text);
}

/* What users get of a report with `top` rows a list; the caller frees it. */
static char *written(const struct snapshot *snapshot, uint32_t top)
{
	json_t *report = document_report(snapshot, &fixture_info, top);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	cr_assert_eq(document_write(report, out), 0);
	fclose(out);
	json_decref(report);
	return text;
}

static json_t *report_of(const struct snapshot *snapshot)
{
	char *text = written(snapshot, 10);
	json_t *report = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	cr_assert_not_null(report);
	free(text);
	return report;
}

Test(document, report_has_the_keys_of_the_interface)
{
	struct snapshot *snapshot = fixture_huge();
	json_t *report = report_of(snapshot);
	const json_t *top = json_object_get(report, "top");

	expect_keys(report, "version source settings remarks time ledger throughput throughput_now "
			    "throughput_over_time packet_size flows overflow top top_total "
			    "top_exact top_error top_missed_share_ppm "
			    "top_covered_ms top_sum workers ports outputs");
	expect_keys(json_object_get(report, "time"), "first last seconds");
	expect_keys(json_object_get(report, "ledger"),
		    "received flow non_ip truncated malformed filtered overflow sampled balanced "
		    "missed "
		    "no_mbuf nic_errors missed_by_capture no_socket host reasons fragments "
		    "frame_octets ip_octets");
	expect_keys(json_object_get(report, "throughput"),
		    "packets_per_second l2_bits_per_second ip_bits_per_second flows_per_second");
	expect_keys(json_object_get(report, "packet_size"),
		    "packets octets mean min max histogram");
	expect_keys(json_object_get(report, "flows"),
		    "created active ended continued capacity fragments split_flows unread");
	expect_keys(json_object_get(json_object_get(report, "flows"), "fragments"),
		    "first later unmatched tiny");
	expect_keys(json_object_get(json_object_get(report, "flows"), "ended"),
		    "idle active end forced resources");
	expect_keys(top, "source destination pair source_port destination_port protocol flow");
	expect_keys(json_array_get(json_object_get(top, "source"), 0),
		    "address packets octets flows");
	expect_keys(json_array_get(json_object_get(top, "destination"), 0),
		    "address packets octets flows");
	expect_keys(json_array_get(json_object_get(top, "pair"), 0),
		    "source destination packets octets flows");
	expect_keys(json_array_get(json_object_get(top, "source_port"), 0),
		    "port protocol name packets octets flows");
	expect_keys(json_array_get(json_object_get(top, "protocol"), 0),
		    "protocol name packets octets flows");
	expect_keys(json_array_get(json_object_get(top, "flow"), 0),
		    "source destination source_port destination_port protocol name vlan packets "
		    "octets flows");
	cr_expect_eq(json_array_size(json_object_get(top, "flow")), 10, "--top cuts the lists");
	json_decref(report);
	fixture_free(snapshot);
}

Test(document, buckets_and_reasons_sum_to_received)
{
	static const char *const buckets[] = {"flow",     "non_ip",   "truncated", "malformed",
					      "filtered", "overflow", "sampled"};
	struct snapshot *snapshot = fixture_snapshot();
	json_t *ledger = document_ledger(snapshot), *value;
	json_int_t by_bucket = 0, by_reason = 0;
	const char *reason;

	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++)
		by_bucket += integer(ledger, buckets[i]);
	json_object_foreach(json_object_get(ledger, "reasons"), reason, value) {
		cr_expect_gt(json_integer_value(value), 0, "%s is 0", reason);
		by_reason += json_integer_value(value);
	}
	cr_expect_eq(integer(ledger, "received"), 1234570);
	cr_expect_eq(by_bucket, 1234570);
	cr_expect_eq(by_reason, 1234570);
	cr_expect(json_is_true(json_object_get(ledger, "balanced")));
	json_decref(ledger);
	fixture_free(snapshot);
}

Test(document, sizes_are_told_with_fcs)
{
	static const json_int_t upto[] = {64, 127, 255, 511, 1023, 1518};
	struct snapshot *snapshot = fixture_snapshot();
	json_t *sizes = document_sizes(snapshot), *row;
	json_int_t packets = 0;
	size_t i;

	json_array_foreach(json_object_get(sizes, "histogram"), i, row) {
		packets += integer(row, "packets");
		if (i < 6)
			cr_expect_eq(integer(row, "upto"), upto[i]);
		else
			expect_text(row, "upto", "jumbo");
	}
	cr_expect_eq(i, 7);
	cr_expect_eq(packets, integer(sizes, "packets"));
	/* 700,000,000 octets and 4 for each of 1,234,510 frames */
	cr_expect_eq(integer(sizes, "octets"), 704938040);
	cr_expect_eq(json_real_value(json_object_get(sizes, "mean")), 571.0);
	json_decref(sizes);
	fixture_free(snapshot);
}

Test(document, mean_has_one_decimal)
{
	struct snapshot *snapshot = fixture_empty();

	snapshot->size_packets = 3;
	snapshot->frame_octets = 181; /* 64.333 with FCS */
	char *text = written(snapshot, 1);

	cr_expect_not_null(strstr(text, "\"mean\": 64.3,"));
	free(text);
	fixture_free(snapshot);
}

/* Whoever reads a report that is the last one knows it: nothing is "now" any more. */
Test(document, the_last_report_has_no_rates_of_now)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *last = report_of(snapshot);

	snapshot->final = false;
	json_t *running = report_of(snapshot);

	cr_expect_null(json_object_get(last, "throughput_now"));
	cr_expect_eq(integer(json_object_get(running, "throughput_now"), "ip_bits_per_second"), 9);
	json_decref(running);
	json_decref(last);
	fixture_free(snapshot);
}

/* Behind those of the run stand those of what happened to the ports. */
Test(document, remarks_are_of_the_run_and_of_the_ports)
{
	struct snapshot *snapshot = fixture_snapshot();
	struct document_info info = fixture_info;
	struct events *events = calloc(1, sizeof(*events));

	cr_assert_not_null(events);
	events_init(events);
	info.events = events;
	events_remark(events, 3, "mon0 is down");
	json_t *report = document_report(snapshot, &info, 3);
	const json_t *remarks = json_object_get(report, "remarks");

	cr_assert_eq(json_array_size(remarks), info.remark_count + 1);
	cr_expect_str_eq(json_string_value(json_array_get(remarks, info.remark_count)),
			 "mon0 is down");
	json_decref(report);
	free(events);
	fixture_free(snapshot);
}

Test(document, a_full_disk_is_an_error)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *report = report_of(snapshot);
	FILE *full = fopen("/dev/full", "w");

	cr_assert_not_null(full);
	cr_expect_eq(document_write(report, full), -EIO);
	cr_expect_eq(document_write(NULL, stdout), -EIO, "no memory");
	fclose(full);
	json_decref(report);
	fixture_free(snapshot);
}

Test(document, without_packets)
{
	struct snapshot *snapshot = fixture_empty();
	json_t *report = report_of(snapshot);
	const json_t *time = json_object_get(report, "time");

	cr_expect(json_is_null(json_object_get(time, "first")));
	cr_expect(json_is_null(json_object_get(time, "last")));
	cr_expect_eq(
		json_real_value(json_object_get(json_object_get(report, "packet_size"), "mean")),
		0.0);
	json_decref(report);
	fixture_free(snapshot);
}

Test(document, times_are_rfc3339)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *time = document_time(snapshot);

	expect_text(time, "first", "2026-01-02T03:04:05.123456789Z");
	expect_text(time, "last", "2026-01-02T03:05:05.123456789Z");
	json_decref(time);
	fixture_free(snapshot);
}

Test(document, the_same_snapshot_gives_the_same_bytes)
{
	struct snapshot *snapshot = fixture_huge();
	char *first = written(snapshot, 10);
	char *second = written(snapshot, 10);

	cr_expect_str_eq(first, second);
	free(first);
	free(second);
	fixture_free(snapshot);
}

Test(document, inexact_lists_say_by_how_much)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *report = report_of(snapshot);

	cr_expect(json_is_true(json_object_get(report, "top_exact")));
	cr_expect_eq(json_object_size(json_object_get(report, "top_error")), 0);
	json_decref(report);
	snapshot->top[STATS_FLOW][STATS_OCTETS][STATS_TOTAL].exact = false;
	snapshot->top[STATS_FLOW][STATS_OCTETS][STATS_TOTAL].error[STATS_OCTETS] = 4711;
	report = report_of(snapshot);
	cr_expect(json_is_false(json_object_get(report, "top_exact")));
	expect_keys(json_object_get(report, "top_error"), "flow");
	cr_expect_eq(
		integer(json_object_get(json_object_get(report, "top_error"), "flow"), "octets"),
		4711);
	json_decref(report);
	fixture_free(snapshot);
}

Test(document, names_that_are_not_utf8)
{
	const char *const names[] = {"caf\xe9.pcap", "caf\xc3\xa9.pcap"};
	struct document_info info = fixture_info;

	info.sources = names;
	json_t *document = document_info(NULL, &info, 0);
	const json_t *source = json_object_get(document, "source");

	cr_expect_str_eq(json_string_value(json_array_get(source, 0)), "caf?.pcap");
	cr_expect_str_eq(json_string_value(json_array_get(source, 1)), "caf\xc3\xa9.pcap");
	json_decref(document);
}

Test(document, flow_by_ipfix_names)
{
	json_t *flow = document_flow(&fixture_flow);

	/* 2026-01-02T03:04:05Z, and 1,999,999 ns are one whole millisecond */
	cr_expect_eq(integer(flow, "flowStartMilliseconds"), 1767323045001);
	cr_expect_eq(integer(flow, "flowEndMilliseconds"), 1767323046000);
	cr_expect_eq(integer(flow, "vlanId"), 7);
	cr_expect_eq(integer(flow, "protocolIdentifier"), 6);
	expect_text(flow, "sourceIPv4Address", "192.0.2.1");
	expect_text(flow, "destinationIPv4Address", "198.51.100.255");
	cr_expect_eq(integer(flow, "sourceTransportPort"), 54321);
	cr_expect_eq(integer(flow, "destinationTransportPort"), 443);
	cr_expect_eq(integer(flow, "packetDeltaCount"), 10);
	cr_expect_eq(integer(flow, "octetDeltaCount"), 1000);
	cr_expect_eq(integer(flow, "reversePacketDeltaCount"), 12);
	cr_expect_eq(integer(flow, "reverseOctetDeltaCount"), 15000);
	cr_expect_eq(integer(flow, "tcpControlBits"), 0x1b);
	cr_expect_eq(integer(flow, "reverseTcpControlBits"), 0x13);
	cr_expect_eq(integer(flow, "flowEndReason"), 3);
	expect_text(flow, "sourceMacAddress", "02:00:5e:10:ab:ff");
	expect_text(flow, "destinationMacAddress", "02:00:5e:10:00:01");
	cr_expect_null(json_object_get(flow, "icmpTypeCodeIPv4"));
	json_decref(flow);
}

Test(document, icmp_has_types_and_no_tcp_flags)
{
	struct flow_view view = fixture_flow;

	view.protocol = 1;
	json_t *flow = document_flow(&view);

	cr_expect_eq(integer(flow, "icmpTypeCodeIPv4"), 8 << 8);
	cr_expect_null(json_object_get(flow, "tcpControlBits"));
	json_decref(flow);
	view.version = 6;
	view.protocol = 58;
	view.icmp[0] = 128 << 8;
	flow = document_flow(&view);
	cr_expect_eq(integer(flow, "icmpTypeCodeIPv6"), 128 << 8);
	cr_expect_null(json_object_get(flow, "icmpTypeCodeIPv4"));
	cr_expect_null(json_object_get(flow, "sourceIPv4Address"));
	cr_expect_not_null(json_object_get(flow, "sourceIPv6Address"));
	json_decref(flow);
}

Test(document, a_live_flow_has_no_end_reason)
{
	struct flow_view view = fixture_flow;

	view.end = FLOW_LIVE;
	json_t *flow = document_flow(&view);

	cr_expect_null(json_object_get(flow, "flowEndReason"));
	json_decref(flow);
}

/* Whatever is not shown stands as other, so the rows always come to the sum. */
Test(document, overflow_says_all)
{
	static const uint32_t shown[] = {0, 1, 100, FLOW_OVERFLOW_NETWORKS, UINT32_MAX};
	struct snapshot *snapshot = fixture_huge();
	const uint64_t each = snapshot->overflow.other.packets;

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		json_t *overflow = document_overflow(snapshot, shown[i]);
		const json_t *networks = json_object_get(overflow, "source_networks");
		size_t rows = json_array_size(networks);

		expect_keys(overflow, "packets octets protocols source_networks other_networks");
		cr_expect_eq(rows,
			     shown[i] < FLOW_OVERFLOW_NETWORKS ? shown[i] : FLOW_OVERFLOW_NETWORKS);
		cr_expect_eq(integer(json_object_get(overflow, "other_networks"), "packets"),
			     (json_int_t)(each * (FLOW_OVERFLOW_NETWORKS - rows + 1)));
		if (rows > 0)
			expect_text(json_array_get(networks, 0), "network", "fdfd:fdfd::/48");
		json_decref(overflow);
	}
	fixture_free(snapshot);
}
