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
#include "handlers.h"

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

static void check_number(const struct command_argument *argument, uint64_t number)
{
	if (argument->type == COMMAND_CHOICE)
		require(number < argument->choice_count);
	else if (argument->type == COMMAND_NUMBER && number > 0)
		require(number >= argument->low && number <= argument->high);
}

/* Of numbers and choices: the same, written once more from what was read. */
static void write_again(const struct command *command, const struct arguments *arguments, char *out,
			size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < arguments->given; i++) {
		const struct command_argument *argument = &command->arguments[i];
		const char *between = i > 0 ? "," : "";

		if (argument->type == COMMAND_CHOICE)
			used += (size_t)snprintf(out + used, size - used, "%s%s", between,
						 argument->choices[arguments->number[i]]);
		else
			used += (size_t)snprintf(out + used, size - used, "%s%lu", between,
						 arguments->number[i]);
	}
}

static void check_arguments(const struct command *command, const char *text)
{
	const unsigned int count = command_argument_count(command);
	struct arguments arguments, again;
	struct error error = {{0}};
	char written[256];

	if (arguments_read(command, text, &arguments, &error) != 0) {
		require(error.text[0] != '\0' && strlen(error.text) <= ANSWER_TEXT);
		return;
	}
	require(arguments.given <= count);
	for (unsigned int i = 0; i < count; i++)
		check_number(&command->arguments[i], arguments.number[i]);
	if (arguments.text != NULL) {
		require(arguments.text >= text && arguments.text <= text + strlen(text));
		return;
	}
	require(strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789,") == strlen(text));
	write_again(command, &arguments, written, sizeof(written));
	require(arguments_read(command, written, &again, &error) == 0);
	require(memcmp(&arguments, &again, sizeof(arguments)) == 0);
}

static void check_answer(const char *path, const char *text)
{
	struct command_request request = {.text = text, .stats = stats, .info = &info};
	json_t *answer;

	request.snapshot = stats_acquire(stats);
	request.clock = request.snapshot->clock;
	answer = handler_answer(handler_find(path), &request);
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
	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++)
		check_arguments(command, arguments);
	if (command_find(request) != NULL)
		check_answer(request, arguments);
	return 0;
}
