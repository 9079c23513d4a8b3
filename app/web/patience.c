/* SPDX-License-Identifier: BSD-3-Clause */
#include "patience.h"

#include <stddef.h>
#include <sys/socket.h>

#include <weir/clock.h>

void patience_init(struct patience *patience)
{
	pthread_mutex_init(&patience->lock, NULL);
	for (int i = 0; i < PATIENCE_CONNECTIONS; i++)
		patience->connections[i].fd = -1;
}

struct patience_connection *patience_begin(struct patience *patience, int fd, uint64_t now)
{
	struct patience_connection *free = NULL;

	pthread_mutex_lock(&patience->lock);
	for (int i = 0; i < PATIENCE_CONNECTIONS && free == NULL; i++)
		if (patience->connections[i].fd < 0)
			free = &patience->connections[i];
	if (free != NULL)
		*free = (struct patience_connection){fd, now};
	pthread_mutex_unlock(&patience->lock);
	return free;
}

void patience_renew(struct patience *patience, struct patience_connection *connection, uint64_t now)
{
	if (connection == NULL)
		return;
	pthread_mutex_lock(&patience->lock);
	connection->since = now;
	pthread_mutex_unlock(&patience->lock);
}

void patience_end(struct patience *patience, struct patience_connection *connection)
{
	if (connection == NULL)
		return;
	pthread_mutex_lock(&patience->lock);
	connection->fd = -1;
	pthread_mutex_unlock(&patience->lock);
}

/* Under the lock: a descriptor that is in the table is not closed. */
void patience_look(struct patience *patience, uint64_t now)
{
	pthread_mutex_lock(&patience->lock);
	for (int i = 0; i < PATIENCE_CONNECTIONS; i++) {
		const struct patience_connection *one = &patience->connections[i];

		if (one->fd >= 0 && now > one->since + PATIENCE_SECONDS * CLOCK_SECOND)
			shutdown(one->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&patience->lock);
}
