/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/front.h>

#include <errno.h>

#include <weir/log.h>

int front_prepare(struct front *front, const char *path, enum prefilter_mode mode,
		  struct error *error)
{
	*front = (struct front){.path = path, .mode = mode};
	return path == NULL ? 0 : prefilter_rules_read(path, &front->rules, error);
}

bool front_passes(const struct front *front)
{
	return front->rules != NULL && prefilter_rules_pass(front->rules);
}

int front_attach(struct front *front, const char *name, unsigned int index,
		 enum prefilter_target target, uint16_t queues, struct error *error)
{
	const struct prefilter_options options = {.target = target, .queues = queues};
	int result = prefilter_create(&options, front->rules, &front->prefilter, error);

	if (result != 0)
		return result;
	prefilter_set_state(front->prefilter, PREFILTER_IDLE);
	result = prefilter_attach(front->prefilter, index, front->mode, error);
	if (result != 0) {
		front_remove(front);
		return result;
	}
	front->sockets = target == PREFILTER_TO_SOCKETS;
	front->native = prefilter_attached(front->prefilter) == PREFILTER_NATIVE;
	if (front->rules != NULL)
		log_info("%s: prefilter of %zu rules in front of %s, XDP in %s mode", name,
			 prefilter_rules_count(front->rules),
			 front->sockets ? "AF_XDP" : "AF_PACKET",
			 front->native ? "native" : "generic");
	return 0;
}

static int enter_sockets(struct front *front, const struct port *ports, uint32_t count,
			 struct error *error)
{
	int result = 0;

	for (uint32_t p = 0; p < count && result == 0; p++) {
		if (ports[p].kernel_socket_count != 1)
			return error_set(error, ENOTSUP,
					 "%s: the driver has no AF_XDP socket that weir can find; "
					 "use --driver af_packet",
					 ports[p].name);
		result = prefilter_add_socket(front->prefilter, (uint16_t)p,
					      ports[p].kernel_sockets[0], error);
	}
	return result;
}

int front_count(struct front *front, struct port *ports, uint32_t count, struct error *error)
{
	int result = 0;

	prefilter_set_state(front->prefilter, PREFILTER_QUIET);
	for (uint32_t p = 0; p < count; p++)
		port_discard(&ports[p]);
	if (front->sockets)
		result = enter_sockets(front, ports, count, error);
	if (result == 0)
		prefilter_set_state(front->prefilter, PREFILTER_COUNTING);
	return result;
}

void front_quiet(struct front *front)
{
	prefilter_set_state(front->prefilter, PREFILTER_QUIET);
}

void front_detach(struct front *front)
{
	prefilter_detach(front->prefilter);
}

void front_remove(struct front *front)
{
	prefilter_destroy(front->prefilter);
	front->prefilter = NULL;
	front->sockets = front->native = false;
}

void front_reload(struct front *front)
{
	struct prefilter_rules *rules;
	struct error error;
	int result;

	if (front->rules == NULL)
		return;
	result = prefilter_rules_read(front->path, &rules, &error);
	if (result == 0) {
		result = prefilter_replace(front->prefilter, rules, &error);
		prefilter_rules_free(rules);
	}
	if (result != 0)
		log_error("%s; the rules in force stay", error.text);
	else
		log_info("%s: its rules are in force", front->path);
}

struct prefilter *front_offer(const struct front *front)
{
	return front->rules != NULL ? front->prefilter : NULL;
}

void front_close(struct front *front)
{
	front_remove(front);
	prefilter_rules_free(front->rules);
	*front = (struct front){0};
}
