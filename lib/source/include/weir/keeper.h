/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_KEEPER_H
#define WEIR_KEEPER_H

#include <sys/types.h>

/*
 * A small process beside weir that switches off the offloads of a kernel interface which make one
 * frame of several received ones (GRO and its like), and puts back what it changed when weir is
 * gone, however that ended: it waits for the end of a socket pair. It has CAP_NET_ADMIN alone,
 * which weir itself can then drop, a session of its own, and no files. What was off before stays
 * off, and what somebody has switched on meanwhile stays on. Main thread.
 */
struct keeper {
	int socket; /* -1: there is none */
	pid_t process;
};

/* Before any other thread is there. 0 or negative errno. */
int keeper_start(struct keeper *keeper);

/*
 * Switch off what merges frames on interface `index` until weir is gone. *changed: the mask of what
 * that changed (offloads.h). One interface a keeper. 0; -EPERM: without CAP_NET_ADMIN; or another
 * negative errno.
 */
int keeper_switch_off(struct keeper *keeper, unsigned int index, unsigned int *changed);

/* Put it back, and wait until that is done. */
void keeper_end(struct keeper *keeper);

#endif
