/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/keeper.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "offloads.h"

struct answer {
	int result;
	unsigned int changed;
};

/* ---- the keeper's side ---- */

/* Names may change while weir runs, numbers do not. */
static struct answer switch_offloads(unsigned int index, unsigned int which, int on)
{
	struct answer answer = {0};
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name) == NULL)
		answer.result = -errno;
	else
		answer.result = offloads_set(name, which, on, &answer.changed);
	return answer;
}

/* 0, or -EPERM: weir has not got it either. */
static int keep_one_capability(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	data[0].effective = data[0].permitted = 1u << CAP_NET_ADMIN;
	return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

/* Neither a terminal nor a pipe's reader waits for it, nor does a signal to weir's group end it. */
static void stand_aside(int socket)
{
	int nothing;

	setsid();
	(void)prctl(PR_SET_NAME, "weir-keeper");
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_IGN);
	if (socket != 3)
		dup2(socket, 3);
	(void)syscall(SYS_close_range, 4, ~0u, 0);
	nothing = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(nothing, fd);
	if (nothing > 3)
		close(nothing);
	if (chdir("/") != 0)
		return; /* then a folder stays in use */
}

static _Noreturn void keep(int socket)
{
	unsigned int index = 0, changed = 0;
	struct answer answer;
	int allowed;

	stand_aside(socket);
	allowed = keep_one_capability();
	/* Ends with an answer of 0 octets: weir is gone. */
	while (recv(3, &index, sizeof(index), 0) == sizeof(index)) {
		answer =
			allowed == 0 ? switch_offloads(index, ~0u, 0) : (struct answer){allowed, 0};
		changed = answer.changed;
		(void)send(3, &answer, sizeof(answer), MSG_NOSIGNAL);
	}
	if (changed != 0)
		(void)switch_offloads(index, changed, 1);
	_exit(0);
}

/* ---- weir's side ---- */

int keeper_start(struct keeper *keeper)
{
	int pair[2];

	*keeper = (struct keeper){.socket = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	keeper->process = fork();
	if (keeper->process < 0) {
		int result = -errno;

		close(pair[0]);
		close(pair[1]);
		return result;
	}
	if (keeper->process == 0)
		keep(pair[1]);
	close(pair[1]);
	keeper->socket = pair[0];
	return 0;
}

int keeper_switch_off(struct keeper *keeper, unsigned int index, unsigned int *changed)
{
	struct answer answer = {.result = -EPIPE};

	*changed = 0;
	if (keeper->socket < 0)
		return -EPIPE;
	if (send(keeper->socket, &index, sizeof(index), MSG_NOSIGNAL) != sizeof(index) ||
	    recv(keeper->socket, &answer, sizeof(answer), 0) != sizeof(answer))
		return -EPIPE;
	*changed = answer.changed;
	return answer.result;
}

void keeper_end(struct keeper *keeper)
{
	if (keeper->socket < 0)
		return;
	close(keeper->socket);
	while (waitpid(keeper->process, NULL, 0) < 0 && errno == EINTR)
		;
	keeper->socket = -1;
}
