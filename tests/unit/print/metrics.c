/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports as metrics: what real readers of the text make of it is in tests.smoke.metrics. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/document.h>
#include <weir/metrics.h>
#include <weir/statistics.h>

#include "fixture.h"

/* Takes the report; the caller frees the text. */
static char *metrics_of(json_t *report, enum metrics_format format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert(report != NULL && out != NULL);
	metrics_write(out, format, report);
	fclose(out);
	json_decref(report);
	return text;
}

static json_t *report_of(const char *text)
{
	json_t *report = json_loads(text, 0, NULL);

	cr_assert_not_null(report, "%s", text);
	return report;
}

static void check_lines(char *text, const char *const *lines)
{
	for (; *lines != NULL; lines++) {
		const char *at = strstr(text, *lines);

		cr_expect(at != NULL && (at == text || at[-1] == '\n'), "%s is missing in\n%s",
			  *lines, text);
	}
	free(text);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(metrics, counters_and_gauges_say_what_they_are)
{
	static const char report[] = "{\"ledger\": {\"received\": 9007199254740993}, "
				     "\"packet_size\": {\"mean\": 64.1}, "
				     "\"flows\": {\"split_flows\": {\"possible\": true}}}";

	check_lines(metrics_of(report_of(report), METRICS_OPENMETRICS),
		    LINES("# HELP weir_ledger_received_frames received by weir\n"
			  "# TYPE weir_ledger_received_frames counter\n"
			  "# UNIT weir_ledger_received_frames frames\n"
			  "weir_ledger_received_frames_total 9007199254740993\n",
			  "# TYPE weir_packet_size_mean_octets gauge\n"
			  "# UNIT weir_packet_size_mean_octets octets\n"
			  "weir_packet_size_mean_octets 64.1\n",
			  "# TYPE weir_flows_split_flows_possible gauge\n"
			  "weir_flows_split_flows_possible 1\n",
			  "# TYPE weir info\n", "# EOF\n"));
	check_lines(metrics_of(report_of(report), METRICS_PROMETHEUS),
		    LINES("# HELP weir_ledger_received_frames_total received by weir\n"
			  "# TYPE weir_ledger_received_frames_total counter\n"
			  "weir_ledger_received_frames_total 9007199254740993\n",
			  "# TYPE weir_info gauge\nweir_info{"));
}

/* As in a report, and as the socket spells lists. */
Test(metrics, objects_of_a_list_have_labels)
{
	static const char *const reports[] = {
		"{\"ports\": [{\"name\": \"a\", \"received\": 1, \"queues\": [{\"queue\": 0, "
		"\"missed\": 2}, {\"queue\": 1, \"missed\": 3}]}, {\"name\": \"b\", \"received\": "
		"4}]}",
		"{\"ports\": {\"1\": {\"name\": \"a\", \"received\": 1, \"queues\": {\"1\": "
		"{\"queue\": 0, \"missed\": 2}, \"2\": {\"queue\": 1, \"missed\": 3}}}, \"2\": "
		"{\"name\": \"b\", \"received\": 4}}}"};

	for (int i = 0; i < 2; i++)
		check_lines(
			metrics_of(report_of(reports[i]), METRICS_PROMETHEUS),
			LINES("weir_ports_received_frames_total{port=\"a\"} 1\n"
			      "weir_ports_received_frames_total{port=\"b\"} 4\n",
			      "weir_ports_queues_missed_frames_total{port=\"a\",queue=\"0\"} 2\n"
			      "weir_ports_queues_missed_frames_total{port=\"a\",queue=\"1\"} 3\n"));
}

Test(metrics, labels_are_escaped)
{
	check_lines(metrics_of(report_of("{\"outputs\": [{\"to\": \"a\\\"b\\\\c\\nd\", "
					 "\"sent\": 5}]}"),
			       METRICS_OPENMETRICS),
		    LINES("weir_outputs_sent_items_total{output=\"a\\\"b\\\\c\\nd\"} 5\n"));
}

Test(metrics, rates_in_bits_are_octets_of_now)
{
	check_lines(metrics_of(report_of("{\"throughput\": {\"ip_bits_per_second\": 1}, "
					 "\"throughput_now\": {\"ip_bits_per_second\": 8004}}"),
			       METRICS_PROMETHEUS),
		    LINES("weir_throughput_ip_octets_per_second 1000.5\n"));
}

/* Each class of a histogram holds those below it, too; "jumbo" is all. */
Test(metrics, sizes_are_a_histogram)
{
	struct snapshot *snapshot = fixture_snapshot();

	check_lines(metrics_of(document_report(snapshot, &fixture_info, 1), METRICS_PROMETHEUS),
		    LINES("# TYPE weir_frame_size_octets histogram\n"
			  "weir_frame_size_octets_bucket{le=\"64.0\"} 234500\n"
			  "weir_frame_size_octets_bucket{le=\"127.0\"} 434500\n",
			  "weir_frame_size_octets_bucket{le=\"1518.0\"} 1234500\n"
			  "weir_frame_size_octets_bucket{le=\"+Inf\"} 1234510\n"
			  "weir_frame_size_octets_sum 704938040\n"
			  "weir_frame_size_octets_count 1234510\n"));
	fixture_free(snapshot);
}

/* A series that came with its first frame would hide that frame from rate(). */
Test(metrics, reasons_begin_at_0)
{
	struct snapshot *snapshot = fixture_snapshot();

	check_lines(
		metrics_of(document_report(snapshot, &fixture_info, 1), METRICS_PROMETHEUS),
		LINES("weir_ledger_reasons_frames_total{bucket=\"non_ip\",reason=\"non_ip_arp\"} "
		      "30000\n",
		      "weir_ledger_reasons_frames_total{bucket=\"malformed\",reason=\"malformed_"
		      "tcp_"
		      "length\"} 0\n"));
	fixture_free(snapshot);
}

Test(metrics, dates_and_ages_are_seconds)
{
	check_lines(
		metrics_of(report_of("{\"started\": \"2026-01-02T03:04:05.999999999Z\", "
				     "\"age_ms\": 2500}"),
			   METRICS_PROMETHEUS),
		LINES("weir_start_time_seconds 1767323045\n", "weir_statistics_age_seconds 2.5\n"));
}

/* Nothing is said of what is not there, and nothing else than a number is a value. */
Test(metrics, what_a_report_lacks_is_left_out)
{
	static const char *const reports[] = {
		"{}", "{\"ports\": 1, \"ledger\": [], \"packet_size\": {\"histogram\": \"x\"}}",
		"{\"ports\": [{\"name\": {}, \"received\": \"1\", \"queues\": null}]}"};

	for (int i = 0; i < 3; i++) {
		char *text = metrics_of(report_of(reports[i]), METRICS_OPENMETRICS);

		cr_expect_null(strstr(text, "weir_ledger"), "%s", text);
		cr_expect_null(strstr(text, "weir_ports"), "%s", text);
		free(text);
	}
}

/* The statistics of all lists are there, as far as the report has them. */
Test(metrics, all_statistics_of_a_report)
{
	struct snapshot *snapshot = fixture_huge();

	snapshot->prefilter = fixture_prefilter;
	snapshot->final = false;
	snapshot->outlet_count = 1;
	snapshot->outlets[0] =
		(struct outlet_ledger){.option = "flows", .name = "flows.jsonl", .what = "records"};
	char *text = metrics_of(document_report(snapshot, &fixture_info, 1), METRICS_PROMETHEUS);

	for (int list = 0; list < STATISTICS_COUNT; list++)
		for (const struct statistic *one = statistics[list].members; one->name; one++) {
			char type[320], name[128];

			statistic_metric(name, sizeof(name), list, one);
			snprintf(type, sizeof(type), "# TYPE %s %s\n%s", name,
				 one->counter ? "counter" : "gauge", name);
			cr_expect_not_null(strstr(text, type), "%s", type);
		}
	free(text);
	fixture_free(snapshot);
}
