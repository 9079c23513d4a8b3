/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEB_SERVER_H
#define WEIR_APP_WEB_SERVER_H

#include <microhttpd.h>

#include "options.h"
#include "patience.h"

/* HTTP, by libmicrohttpd's threads: GET and HEAD, answered by answer_get(). */
struct server {
	const struct web_options *options;
	struct patience patience;
	struct MHD_Daemon *daemon;
};

/* Serve what comes to the listening socket `fd`, which it takes. 0, or negative errno with the
 * line. */
int server_start(struct server *server, const struct web_options *options, int fd,
		 struct error *error);
/* Answers on their way are given up. */
void server_stop(struct server *server);

#endif
