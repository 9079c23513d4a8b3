/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_PRIVILEGES_H
#define WEIR_APP_WEIR_PRIVILEGES_H

#include <stdint.h>

#include <weir/source.h>

/* What may weir do after its start? Capabilities as masks: bit CAP_x. See capabilities.h. */
struct privileges {
	uint64_t running; /* in force in every thread */
	uint64_t closing; /* the main thread can take them up again, to close the source */
};

/* What the source's drivers need after its start. Main thread. */
struct privileges privileges_of(const struct source *source);

#endif
