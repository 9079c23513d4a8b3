/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/flow.h>
