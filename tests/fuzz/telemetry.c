/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of the telemetry commands: what a client may send, against a running stats core
 * with a few hundred flows. Whatever it is, the answer fits what rte_telemetry can carry, and what
 * is accepted is written as INTERFACE has it. Input: the request, "/weir/top,source,5".
 */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/worker_shared.h>

#include "answer.h"
#include "arguments.h"
#include "commands.h"

#define REQUEST_MAX 1024 /* as rte_telemetry reads it */
#define DICT_MAX    256
#define FLOWS       600
#define START       (UINT64_C(1700000000) * CLOCK_SECOND)

static struct worker_shared worker;
static struct stats *stats;
static const char *const sources[] = {"net_pcap0", "a name with \n and \x80 in it"};
static struct document_info info = {
	.version = "fuzz",
	.sources = sources,
	.source_count = 2,
};

static void feed(uint64_t clock)
{
	for (uint32_t flow = 0; flow < FLOWS; flow++) {
		struct flow_burst *burst = flow_table_next(worker.table);

		burst->packets[0] = (struct packet){
			.key = {.address = {flow, 1 + flow % 7},
				.port = {(uint16_t)flow, 80},
				.vlan = flow % 2 ? PACKET_KEY_IPV6 : 0,
				.protocol = (uint8_t)flow},
			.frame_length = 114,
			.octets = 100,
			.time = clock,
			.clock = clock,
		};
		burst->count = 1;
		flow_table_push(worker.table);
	}
	for (int i = 0; i < 2; i++)
		flow_table_push(worker.table);
}

/*
 * The sanitizer does not look for pointers in memory from mmap(): what is left there it calls lost.
 */
static void stop(void)
{
	stats_destroy(stats);
	worker_shared_release(&worker);
	json_decref(info.settings);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct worker_shared *const workers[] = {&worker};
	static const unsigned int lcores[] = {1};
	const struct flow_settings flows = {
		.capacity = 1024,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 30 * CLOCK_SECOND,
		.secret = {{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
			    0xd6e8feb86659fd93}},
	};
	const struct stats_settings core = {
		.interval = CLOCK_SECOND,
		.top_length = 300,
		.workers = workers,
		.lcores = lcores,
		.worker_count = 1,
		.flow_capacity = flows.capacity,
		.secret = flows.secret,
	};

	(void)argc, (void)argv;
	atexit(stop);
	info.settings = json_pack("{s:s, s:o}", "input", "ports", "filter",
				  document_text("ip6 or \"\xff\xe4\""));
	require(info.settings != NULL);
	require(worker_shared_init(&worker, 0, &flows, 1024) == 0);
	require(stats_create(&core, (struct clock_reading){.clock = START}, &stats) == 0);
	for (uint64_t second = 1; second < 40; second++) {
		feed(START + second * CLOCK_SECOND);
		stats_step(stats, (struct clock_reading){.clock = START + second * CLOCK_SECOND});
	}
	return 0;
}

/* ---- what rte_telemetry can carry ---- */

static void check_value(const json_t *value);

static void check_text(const char *text)
{
	require(strlen(text) <= ANSWER_TEXT);
	for (const char *c = text; *c != '\0'; c++)
		require(*c >= 0x20 && *c < 0x7f);
}

static void check_dict(const json_t *dict)
{
	const char *key;
	json_t *value;

	require(json_object_size(dict) <= DICT_MAX);
	json_object_foreach((json_t *)dict, key, value) {
		require(key[0] != '\0');
		for (const char *c = key; *c != '\0'; c++)
			require(isalnum((unsigned char)*c) || *c == '_' || *c == '/');
		check_value(value);
	}
}

static void check_value(const json_t *value)
{
	const json_t *row;
	size_t i;

	require(json_is_object(value) || json_is_array(value) || json_is_string(value) ||
		json_is_integer(value));
	if (json_is_object(value))
		check_dict(value);
	if (json_is_string(value))
		check_text(json_string_value(value));
	require(json_array_size(value) <= ANSWER_ARRAY);
	json_array_foreach(value, i, row) {
		require(json_is_string(row) || json_is_integer(row));
		check_value(row);
	}
}

/* ---- what is accepted ---- */

static void check_list(const char *arguments)
{
	struct document_list list, again;
	struct error error;
	char text[128];

	if (arguments_list(arguments, &list, &error) != 0)
		return;
	require(strspn(arguments, "abcdefghijklmnopqrstuvwxyz_0123456789,") == strlen(arguments));
	require(list.dimension < STATS_DIMENSIONS && list.metric < STATS_METRICS &&
		list.window < STATS_WINDOWS && list.count >= 1 &&
		list.count <= ARGUMENTS_COUNT_MAX);
	snprintf(text, sizeof(text), "%s,%u,%s,%s", stats_dimension_names[list.dimension],
		 list.count, stats_metric_names[list.metric], stats_window_names[list.window]);
	require(arguments_list(text, &again, &error) == 0);
	require(memcmp(&list, &again, sizeof(list)) == 0);
}

static void check_pages(const char *arguments)
{
	struct error error;
	struct page page;

	if (arguments_page(arguments, &page, &error) == 0)
		require(strspn(arguments, "0123456789,") == strlen(arguments) &&
			page.offset <= INT64_MAX && page.count >= 1 &&
			page.count <= ARGUMENTS_COUNT_MAX);
	if (arguments_history(arguments, &page, &error) == 0)
		require(strspn(arguments, "0123456789,") == strlen(arguments) &&
			page.offset <= ARGUMENTS_SECONDS_MAX && page.count >= 1 &&
			page.count <= ARGUMENTS_SECONDS_MAX);
	if (arguments_none(arguments, &error) == 0)
		require(arguments[0] == '\0');
}

static void check_command(const struct command *command, const char *arguments)
{
	struct command_request request = {.arguments = arguments, .stats = stats, .info = &info};
	json_t *answer;

	request.snapshot = stats_acquire(stats);
	answer = command->answer(&request);
	stats_release(stats, request.snapshot);
	if (answer == NULL) {
		require(request.error.text[0] != '\0');
		answer = json_pack("{s:o}", "error", document_text(request.error.text));
	}
	answer = answer_plain(answer);
	require(answer != NULL && json_is_object(answer));
	check_dict(answer);
	require(answer_bytes(answer) <= ANSWER_BYTES);
	json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char request[REQUEST_MAX + 1] = "", *arguments;
	const struct command *command;

	if (size > REQUEST_MAX)
		return -1;
	if (size > 0)
		memcpy(request, data, size);
	/* As rte_telemetry cuts it: at the first comma. */
	arguments = request + strcspn(request, ",");
	if (*arguments == ',')
		*arguments++ = '\0';
	check_list(arguments);
	check_pages(arguments);
	command = command_find(request);
	if (command != NULL)
		check_command(command, arguments);
	return 0;
}
