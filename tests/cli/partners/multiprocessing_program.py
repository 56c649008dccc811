"""A program with Python's multiprocessing: shared memory, a semaphore and a queue, shared with a child that is spawned.

It prints the processes that must die together if nobody is to clean up: the one that tracks resources, the child, and
itself. Then it answers each line of standard input with what the child has made of it in the shared memory.
"""
import multiprocessing
import os
import sys
from multiprocessing import resource_tracker, shared_memory


def serve(name, jobs, done):
    memory = shared_memory.SharedMemory(name=name)
    while True:
        text = jobs.get().upper().encode()
        memory.buf[: len(text)] = text
        done.release()


def main():
    context = multiprocessing.get_context("spawn")
    memory = shared_memory.SharedMemory(create=True, size=4096)
    done = context.Semaphore(0)
    jobs = context.Queue()
    child = context.Process(target=serve, args=(memory.name, jobs, done), daemon=True)
    child.start()
    jobs.put("ready")
    done.acquire()
    print(resource_tracker._resource_tracker._pid, child.pid, os.getpid(), flush=True)
    for line in sys.stdin:
        text = line.strip()
        jobs.put(text)
        done.acquire()
        print(bytes(memory.buf[: len(text)]).decode(), flush=True)
    child.terminate()
    child.join()
    memory.close()
    memory.unlink()


if __name__ == "__main__":
    main()
