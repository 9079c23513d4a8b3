/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CAPABILITY_H
#define WEIR_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

/* Has the calling thread capability `number` (CAP_*) in force? True if that cannot be told. */
bool capability_here(unsigned int number);

/* Octets of memory that may be locked without CAP_IPC_LOCK; UINT64_MAX: any number. */
uint64_t capability_locked_memory(void);

#endif
