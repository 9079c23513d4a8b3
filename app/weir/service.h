/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_SERVICE_H
#define WEIR_APP_WEIR_SERVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <weir/stats.h>

/*
 * weir as a service of systemd: the datagrams of sd_notify(3), whose protocol is kept stable. A
 * thread of its own tells that weir is ready when there is a snapshot, and feeds the watchdog as
 * long as new ones come: so the stats core touches no socket, and nothing that stands still is
 * taken for alive. Without $NOTIFY_SOCKET nothing is done. Functions: main thread.
 */
struct service {
	int socket; /* 0: not a service */
	int wake;   /* eventfd: the thread shall end */
	struct sockaddr_un manager;
	socklen_t manager_size;
	uint64_t interval; /* of snapshots, ns */
	uint64_t watchdog; /* ns; 0: there is none */
	struct stats *stats;
	pthread_t thread;
};

/* What cannot be had is told in the log, and weir runs without. */
void service_start(struct service *service, struct stats *stats, uint64_t interval);

/* weir is about to end: from now on the manager waits for that. */
void service_ends(struct service *service);

/* The thread's end; idempotent, also for one that was never started. */
void service_stop(struct service *service);

#endif
