/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a process that has confined itself as bpfd does. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/reason.h"
#include "daemon/confine.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define BROKEN 99

static int confined_as(int (*act)(void), bool may_mount)
{
	struct reason why = {0};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		log_open(LOG_LEVEL_ERROR);
		_exit(confine(may_mount, &why) < 0 ? BROKEN : act());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Run @act in a confined child. Return: what it returned, or -signal. */
static int confined(int (*act)(void))
{
	return confined_as(act, false);
}

static int errno_of(long r)
{
	return r < 0 ? errno : 0;
}

static int execute(void)
{
	char *argv[] = {(char *)(uintptr_t) "/bin/true", NULL}, *envp[] = {NULL};

	return errno_of(execve(argv[0], argv, envp));
}

static int trace(void)
{
	return errno_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int load_module(void)
{
	return errno_of(syscall(SYS_finit_module, -1, "", 0));
}

static int boot_other_kernel(void)
{
	return errno_of(syscall(SYS_kexec_load, 0, 0, NULL, 0));
}

static int mount_something(void)
{
	return errno_of(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
}

static void what_only_an_attacker_does_ends_it(void **state)
{
	(void)state;
	assert_int_equal(confined(execute), -SIGSYS);
	assert_int_equal(confined(trace), -SIGSYS);
	assert_int_equal(confined(load_module), -SIGSYS);
	assert_int_equal(confined(boot_other_kernel), -SIGSYS);
	assert_int_equal(confined(mount_something), -SIGSYS);
}

#define NO_POWER (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* No such type, so that nothing is mounted where it is allowed: ENODEV, or EFAULT before. */
static int mount_flags(unsigned long flags)
{
	return errno_of(syscall(SYS_mount, NULL, NULL, "none", flags, NULL));
}

static int mount_for_pods(void)
{
	return mount_flags(NO_POWER) == EPERM || mount_flags(NO_POWER | MS_REMOUNT) == EPERM ||
	       mount_flags(NO_POWER | MS_REMOUNT | MS_RDONLY) == EPERM ||
	       mount_flags(MS_BIND) == EPERM ||
	       errno_of(syscall(SYS_umount2, NULL, MNT_DETACH)) == EPERM;
}

static int mount_with_power(void)
{
	return mount_flags(0) == EPERM && mount_flags(MS_NOSUID | MS_NODEV) == EPERM &&
			       mount_flags(NO_POWER | MS_MOVE) == EPERM &&
			       mount_flags(MS_MOVE) == EPERM &&
			       mount_flags(MS_BIND | MS_REC) == EPERM &&
			       mount_flags(MS_SHARED) == EPERM &&
			       mount_flags(MS_PRIVATE | MS_REC) == EPERM &&
			       errno_of(syscall(SYS_umount2, NULL, 0)) == EPERM &&
			       errno_of(syscall(SYS_umount2, NULL, MNT_FORCE)) == EPERM
		       ? 0
		       : 1;
}

static int move_a_mount(void)
{
	return errno_of(syscall(SYS_move_mount, -1, "", -1, "", 0));
}

static void volumes_need_some_mounts_and_no_others(void **state)
{
	(void)state;
	assert_int_equal(confined_as(mount_for_pods, true), 0);
	assert_int_equal(confined_as(mount_with_power, true), 0);
	assert_int_equal(confined_as(move_a_mount, true), -SIGSYS);
	assert_int_equal(confined_as(execute, true), -SIGSYS);
}

static int open_internet(void)
{
	return errno_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int open_local(void)
{
	return errno_of(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int start_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return errno_of(pid);
}

static int signal_other(void)
{
	return errno_of(kill(getppid(), 0));
}

static int signal_self(void)
{
	return errno_of(kill(getpid(), 0));
}

static int enter_other_namespace(void)
{
	return errno_of(setns(-1, CLONE_NEWNS));
}

static int enter_network_namespace(void)
{
	return errno_of(setns(-1, CLONE_NEWNET));
}

static int map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED
		       ? errno
		       : 0;
}

static int set_name_of_host(void)
{
	return errno_of(sethostname("x", 1));
}

static void what_it_does_not_do_is_refused(void **state)
{
	(void)state;
	assert_int_equal(confined(open_internet), EPERM);
	assert_int_equal(confined(start_process), EPERM);
	assert_int_equal(confined(signal_other), EPERM);
	assert_int_equal(confined(enter_other_namespace), EPERM);
	assert_int_equal(confined(map_code), EPERM);
	assert_int_equal(confined(set_name_of_host), EPERM);
}

static void *nothing(void *arg)
{
	return arg;
}

static int start_thread(void)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, nothing, NULL);

	return r ? r : pthread_join(thread, NULL);
}

static void what_it_does_goes_on(void **state)
{
	(void)state;
	assert_int_equal(confined(open_local), 0);
	assert_int_equal(confined(signal_self), 0);
	assert_int_equal(confined(enter_network_namespace), EBADF);
	assert_int_equal(confined(start_thread), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_an_attacker_does_ends_it),
		cmocka_unit_test(volumes_need_some_mounts_and_no_others),
		cmocka_unit_test(what_it_does_not_do_is_refused),
		cmocka_unit_test(what_it_does_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
