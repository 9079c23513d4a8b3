/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_EAL_NAP_H
#define WEIR_APP_WEIR_EAL_NAP_H

#include <stdbool.h>

/*
 * While the EAL starts, where nothing depends on a time that is measured by the CPU's counter: as
 * in captures, which bring their own. docs/decisions/captures-start.md. Main thread, without
 * others.
 */
void eal_nap_briefly(bool briefly);

#endif
