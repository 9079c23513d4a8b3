/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_MEMIF_SOCKET_H
#define WEIR_APP_WEIR_MEMIF_SOCKET_H

/*
 * A killed process leaves the socket of its memif server in the file system, where the driver of
 * the next one cannot make its own. Remove those that the EAL arguments name and nobody listens at.
 */
void memif_socket_remove_stale(int count, char *const *arguments);

#endif
