"""kill -9 at any moment: what was accepted ends with its exit code and its log, and is charged once."""

import datetime
import json
import os
import random
import signal
import threading
import time
from decimal import Decimal

from botocore.exceptions import BotoCoreError, ClientError

from support import leftovers
from support.clients import NETWORK, Tasks, client, definition, task_id
from support.leftovers import first_process
from support.waiting import until

TASKS, KILLS, THREADS = 200, 20, 8
# Another seed, another sweep: BERTH_SEED=7 make test
SEED = int(os.environ.get("BERTH_SEED", "20240607"))

# Prints, waits a little, prints again; the number decides how long and with which code it ends.
SCRIPT = "echo begin $N; sleep 0.$((N % 4)); echo end $N; exit $((N % 7))"


class Submission(threading.Thread):
    """Submits its share of the tasks; a call that got no answer is repeated with its token, as every SDK does."""

    def __init__(self, daemon, definition_arn, numbers, accepted):
        super().__init__(daemon=True)
        self.daemon_under_test, self.definition, self.numbers, self.accepted = daemon, definition_arn, numbers, accepted
        self.failure = None

    def run(self):
        try:
            ecs = client(self.daemon_under_test, "ecs")
            for number in self.numbers:
                self.accepted[number] = self.submit(ecs, number)
        except BaseException as failure:  # told by the test's own thread
            self.failure = failure

    def submit(self, ecs, number):
        environment = [{"name": "N", "value": str(number)}]
        deadline = time.monotonic() + 600
        while True:
            try:
                reply = ecs.run_task(
                    taskDefinition=self.definition, clientToken=f"task-{number}", launchType="FARGATE",
                    networkConfiguration=NETWORK, overrides={"containerOverrides": [{"name": "main", "environment": environment}]},
                )
                assert reply["failures"] == []
                return reply["tasks"][0]["taskArn"]
            except BotoCoreError:
                assert time.monotonic() < deadline, f"task {number} was not accepted in time"
                time.sleep(0.02)
            except ClientError as error:
                raise AssertionError(f"task {number} was refused: {error}") from error


def test_a_sweep_of_kills_loses_nothing(fresh_daemon, busybox):
    daemon, chance = fresh_daemon, random.Random(SEED)
    daemon.import_image(busybox, "busybox")
    registered = client(daemon, "ecs").register_task_definition(**definition(["sh", "-c", SCRIPT]))
    arn = registered["taskDefinition"]["taskDefinitionArn"]

    accepted = {}
    threads = [Submission(daemon, arn, range(first, TASKS, THREADS), accepted) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    kills = 0
    # Kills go on after the last submission, while tasks still run and end.
    while kills < KILLS or any(thread.is_alive() for thread in threads):
        # On a machine where an answer takes that long, the next kills leave more time for one.
        time.sleep(chance.uniform(0, 0.4) * max(1, kills / KILLS))
        daemon.kill()
        daemon.start()
        kills += 1
        assert kills < 40 * KILLS, "submissions do not come through"
    for thread in threads:
        thread.join()
        if thread.failure:
            raise thread.failure
    assert sorted(accepted) == list(range(TASKS))

    tasks = Tasks(daemon)
    for number, task_arn in sorted(accepted.items()):
        ended = tasks.wait({"taskArn": task_arn}, seconds=120)
        said = f"task {number} ({task_id(ended)}) after {kills} kills:\n{daemon.last_words()}"
        assert ended["containers"][0].get("exitCode") == number % 7, f"{ended} {said}"
        assert tasks.output(ended) == (f"begin {number}\nend {number}\n", ""), said

    # One task for each token, one bill for each task, each of one charge.
    assert len(set(accepted.values())) == TASKS
    bills = json.loads(daemon.command("bill", "--format", "json").stdout)
    assert sorted(bill["taskArn"] for bill in bills) == sorted(accepted.values())
    assert {Decimal(bill["total"]) for bill in bills} == {Decimal("0.00020571")}
    assert all(bill["used"].get("cpuUsec") for bill in bills), "usage was lost"
    # That no process, cgroup or mount is left, the fixture proves for every test.


def test_a_daemon_that_is_killed_leaves_its_tasks_running(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    task = tasks.run(["sh", "-c", "trap 'i=1' USR1; echo ready; while [ -z $i ]; do sleep 0.05; done; seq 30; exit 11"])
    tasks.wait_output(task, "ready\n")
    program = first_process(fresh_daemon, task)
    fresh_daemon.kill()
    assert any("berth-shim" in line for line in leftovers.find(fresh_daemon.root, fresh_daemon.cgroup, "process"))
    # It ends while no daemon watches.
    os.kill(program, signal.SIGUSR1)
    until(lambda: not leftovers.find(fresh_daemon.root, fresh_daemon.cgroup, "process"), "the shim does not go")
    restarted = datetime.datetime.now(datetime.timezone.utc)
    fresh_daemon.start()
    tasks = Tasks(fresh_daemon)
    ended = tasks.wait(task)
    assert ended["containers"][0]["exitCode"] == 11
    assert tasks.output(task)[0] == "ready\n" + "".join(f"{i + 1}\n" for i in range(30))
    # The end is the program's own, and not the moment at which it was found.
    assert ended["executionStoppedAt"] < restarted
