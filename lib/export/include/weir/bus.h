/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BUS_H
#define WEIR_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/flow.h>
#include <weir/outlet.h>

/*
 * Ended records on their way to all outlets: copied once into a batch, of which each outlet's
 * queue gets a pointer, and used again when the last outlet is done with it. There are as many
 * batches as all queues hold and one more, so there is always one to fill: an outlet that stands
 * still keeps none that another one needs.
 */
struct bus;

/*
 * For these outlets (the array is copied), which have encoders and outlive it, and records with so
 * many extensions. 0 or -ENOMEM.
 */
int bus_create(struct outlet *const *outlets, uint32_t count, uint32_t extensions,
	       struct bus **bus);

/* Once the outlets have ended; what one keeps that hangs in the kernel stays. */
void bus_destroy(struct bus *bus);

/* ---- for the thread that gives; nothing waits. The first two are for struct stats_consumer ----
 */

void bus_record(void *bus, const struct flow_view *view);

/* How many records no outlet has to lose, of those that are to be waited for. */
uint32_t bus_room(void *bus);

/* Hand over what does not fill a batch. False: first there has to be room. */
bool bus_flush(struct bus *bus);

/* The same where no outlet has anything else to do: when little happens, nothing waits. */
void bus_rest(struct bus *bus);

#endif
