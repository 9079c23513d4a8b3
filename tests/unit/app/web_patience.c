/* SPDX-License-Identifier: BSD-3-Clause */
/* weirweb waits for nobody longer than it said. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/clock.h>

#include "../../../app/web/patience.h"

#define MOST (PATIENCE_SECONDS * CLOCK_SECOND)

static bool is_shut(int peer)
{
	char octet;
	ssize_t got = recv(peer, &octet, 1, MSG_DONTWAIT);

	cr_assert(got == 0 || (got < 0 && errno == EAGAIN));
	return got == 0;
}

Test(web_patience, ends_with_the_time_of_a_request)
{
	struct patience patience;
	int slow[2], quick[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, slow), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, quick), 0);
	patience_init(&patience);
	cr_assert_not_null(patience_begin(&patience, slow[0], 1));
	struct patience_connection *other = patience_begin(&patience, quick[0], 1);

	patience_look(&patience, MOST + 1);
	cr_expect_not(is_shut(slow[1]) || is_shut(quick[1]));
	patience_renew(&patience, other, MOST);
	patience_look(&patience, MOST + 2);
	cr_expect(is_shut(slow[1]));
	cr_expect_not(is_shut(quick[1]));
	patience_end(&patience, other);
	patience_look(&patience, 3 * MOST);
	cr_expect_not(is_shut(quick[1]));
	for (int i = 0; i < 2; i++) {
		close(slow[i]);
		close(quick[i]);
	}
}

/* Those beyond are under libmicrohttpd's limit alone. */
Test(web_patience, has_as_many_places_as_there_are_connections)
{
	struct patience patience;
	struct patience_connection *last = NULL;

	patience_init(&patience);
	for (int i = 0; i < PATIENCE_CONNECTIONS; i++)
		cr_assert_not_null(last = patience_begin(&patience, 1000 + i, 1));
	cr_expect_null(patience_begin(&patience, 2000, 1));
	patience_renew(&patience, NULL, 1);
	patience_end(&patience, NULL);
	patience_end(&patience, last);
	cr_expect_eq(patience_begin(&patience, 2000, 1), last);
}
