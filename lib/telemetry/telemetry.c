/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/telemetry.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_telemetry.h>

#include <weir/clock.h>

#include "answer.h"
#include "handlers.h"
#include "tree.h"

/*
 * rte_telemetry calls back on a thread of its own for each client and gives no context, so
 * what the commands answer from is here. The lock is held through an answer: after
 * telemetry_stop() none is at work.
 */
static struct {
	pthread_mutex_t lock;
	/* Written by the main thread, read by those of clients, with the lock held. */
	struct stats *stats; /* NULL: stopping */
	const struct document_info *info;
	struct prefilter *prefilter;
	bool read_only;
	/* Of the main thread alone. */
	bool registered;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static json_t *answer_now(const struct handler *handler, struct command_request *request)
{
	request->snapshot = stats_acquire(request->stats);
	request->clock = clock_monotonic_ns();
	json_t *answer = handler_answer(handler, request);

	if (request->snapshot != NULL)
		stats_release(request->stats, request->snapshot);
	return answer;
}

static json_t *answer(const char *path, const char *text)
{
	struct command_request request = {.text = text,
					  .error.text = "out of memory: no answer could be made"};
	const struct handler *handler = handler_find(path);
	json_t *object = NULL;

	pthread_mutex_lock(&server.lock);
	request.stats = server.stats;
	request.info = server.info;
	request.prefilter = server.prefilter;
	if (request.stats == NULL)
		error_set(&request.error, ESHUTDOWN, "weir is stopping");
	else if (handler != NULL && server.read_only && command_find(path)->changes)
		error_set(&request.error, EPERM,
			  "weir runs with --user: its group may ask and changes nothing; change "
			  "the file of --prefilter and send weir SIGHUP");
	else if (handler != NULL)
		object = answer_now(handler, &request);
	pthread_mutex_unlock(&server.lock);
	if (object == NULL)
		object = answer_error(request.error.text);
	return answer_plain(object);
}

static int handle(const char *path, const char *text, struct rte_tel_data *data)
{
	json_t *object = answer(path, text);

	if (object == NULL)
		return -ENOMEM;
	bool whole = tree_fill(data, object);

	json_decref(object);
	/* Never a part that looks like the whole. */
	if (!whole)
		rte_tel_data_add_dict_string(data, "error",
					     "out of memory: the answer is not whole");
	return 0;
}

static int register_commands(struct error *error)
{
	const struct command *command;

	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++) {
		char help[RTE_TEL_MAX_STRING_LEN];
		int result;

		if (command->path == NULL)
			continue;
		result = rte_telemetry_register_cmd(
			command->path, handle, command_socket_help(command, help, sizeof(help)));
		if (result != 0)
			return error_set(error, -result,
					 "telemetry: %s: %s; the command could not be registered",
					 command->path, strerror(-result));
	}
	return 0;
}

int telemetry_start(struct stats *stats, const struct document_info *info, struct error *error)
{
	int result;

	pthread_mutex_lock(&server.lock);
	server.stats = stats;
	server.info = info;
	pthread_mutex_unlock(&server.lock);
	/* There is no way to take a command back, so a second start finds them. */
	if (server.registered)
		return 0;
	result = register_commands(error);
	server.registered = result == 0;
	return result;
}

void telemetry_offer_prefilter(struct prefilter *prefilter)
{
	pthread_mutex_lock(&server.lock);
	server.prefilter = prefilter;
	pthread_mutex_unlock(&server.lock);
}

void telemetry_read_only(void)
{
	pthread_mutex_lock(&server.lock);
	server.read_only = true;
	pthread_mutex_unlock(&server.lock);
}

void telemetry_stop(void)
{
	pthread_mutex_lock(&server.lock);
	server.stats = NULL;
	server.info = NULL;
	server.prefilter = NULL;
	pthread_mutex_unlock(&server.lock);
}
