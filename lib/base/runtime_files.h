/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BASE_RUNTIME_FILES_H
#define WEIR_BASE_RUNTIME_FILES_H

#include <weir/runtime.h>

/* What is in a runtime directory, by its descriptor. */

#define RUNTIME_LOCK "weir.lock"
#define RUNTIME_OPEN (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* All files but weir's lock, in *files (to be freed); how many. Fewer when memory runs out. */
size_t runtime_list(int directory, struct runtime_file **files);

bool runtime_listed(const struct runtime_file *files, size_t count,
		    const struct runtime_file *file);

/* Does a DPDK process live there? Asked when our own is not there yet, which would count. */
bool runtime_is_inhabited(int directory);

#endif
