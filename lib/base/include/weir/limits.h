/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_LIMITS_H
#define WEIR_LIMITS_H

/* How many there can be in a run: what plans, polls, counts and shows them has room for so many. */
#define WORKERS_MAX       64
#define WORKER_QUEUES_MAX 16 /* RX queues that a worker polls */
#define PORTS_MAX         64
#define STATS_LCORES_MAX  16 /* the main one included */

#endif
