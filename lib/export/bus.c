/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/bus.h>

#include <errno.h>
#include <stdlib.h>

#include <weir/memory.h>

#include "outlet_state.h"

struct bus {
	struct bus_batch *batches;
	uint32_t batch_count;
	struct flow_line *lines; /* `extensions` for each place of each batch */
	uint32_t extensions;
	struct bus_batch *batch; /* in hand */
	uint32_t outlet_count;
	struct outlet *outlets[];
};

static size_t batch_bytes(const struct bus *bus)
{
	return bus->batch_count * sizeof(*bus->batches);
}

static size_t line_bytes(const struct bus *bus)
{
	return (size_t)bus->batch_count * BUS_BATCH * bus->extensions * sizeof(*bus->lines);
}

static int allocate(struct bus *bus)
{
	bus->batches = memory_allocate_sparse(batch_bytes(bus));
	if (bus->extensions > 0)
		bus->lines = memory_allocate_sparse(line_bytes(bus));
	return bus->batches != NULL && (bus->lines != NULL || bus->extensions == 0) ? 0 : -ENOMEM;
}

static void free_memory(struct bus *bus)
{
	memory_free(bus->batches, batch_bytes(bus));
	memory_free(bus->lines, line_bytes(bus));
	free(bus);
}

int bus_create(struct outlet *const *outlets, uint32_t count, uint32_t extensions,
	       struct bus **made)
{
	struct bus *bus = calloc(1, sizeof(*bus) + count * sizeof(bus->outlets[0]));

	*made = NULL;
	if (bus == NULL)
		return -ENOMEM;
	bus->outlet_count = count;
	bus->extensions = extensions;
	bus->batch_count = 1;
	for (uint32_t i = 0; i < count; i++) {
		bus->outlets[i] = outlets[i];
		bus->batch_count += outlets[i]->settings.queue;
	}
	if (allocate(bus) != 0) {
		free_memory(bus);
		return -ENOMEM;
	}
	bus->batch = bus->batches;
	bus_batch_hold(bus->batch);
	*made = bus;
	return 0;
}

void bus_destroy(struct bus *bus)
{
	if (bus == NULL)
		return;
	bus_batch_let_go(bus->batch);
	for (uint32_t i = 0; i < bus->batch_count; i++)
		if (!bus_batch_is_free(&bus->batches[i]))
			return;
	free_memory(bus);
}

/* They become free about in turn. */
static struct bus_batch *next_free(const struct bus *bus)
{
	const struct bus_batch *end = bus->batches + bus->batch_count;
	struct bus_batch *batch = bus->batch;

	do {
		batch = batch + 1 < end ? batch + 1 : bus->batches;
	} while (!bus_batch_is_free(batch));
	return batch;
}

static void hand_over(struct bus *bus)
{
	for (uint32_t i = 0; i < bus->outlet_count; i++)
		outlet_batch(bus->outlets[i], bus->batch);
	bus_batch_let_go(bus->batch);
	bus->batch = next_free(bus);
	bus->batch->count = 0;
	bus_batch_hold(bus->batch);
}

/* The lines of a record of the batch in hand. */
static struct flow_line *lines_of(const struct bus *bus, const struct flow_view *kept)
{
	size_t place = (size_t)(bus->batch - bus->batches) * BUS_BATCH +
		       (size_t)(kept - bus->batch->records);

	return bus->lines + place * bus->extensions;
}

void bus_record(void *context, const struct flow_view *view)
{
	struct bus *bus = context;
	struct flow_view *kept;

	/* Not earlier: until then an outlet may get room. */
	if (bus->batch->count == BUS_BATCH)
		hand_over(bus);
	kept = &bus->batch->records[bus->batch->count++];
	*kept = *view;
	if (bus->extensions > 0 && view->lines != NULL)
		flow_view_keep(kept, lines_of(bus, kept), bus->extensions);
	else
		kept->lines = NULL;
}

/* The least of what the outlets have room for, in batches. */
static uint32_t batches_of_room(const struct bus *bus)
{
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < bus->outlet_count; i++) {
		uint32_t room = outlet_room(bus->outlets[i]);

		least = room < least ? room : least;
	}
	return least;
}

uint32_t bus_room(void *context)
{
	const struct bus *bus = context;
	uint32_t batches = batches_of_room(bus);

	return batches == UINT32_MAX ? UINT32_MAX : (batches + 1) * BUS_BATCH - bus->batch->count;
}

bool bus_flush(struct bus *bus)
{
	if (bus->batch->count == 0)
		return true;
	if (batches_of_room(bus) == 0)
		return false;
	hand_over(bus);
	return true;
}

void bus_rest(struct bus *bus)
{
	for (uint32_t i = 0; i < bus->outlet_count; i++)
		if (!outlet_is_empty(bus->outlets[i]))
			return;
	bus_flush(bus);
}
