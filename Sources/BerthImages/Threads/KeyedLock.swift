import BerthUnpack
import Glibc

/// A lock for every key: who works on a layer makes others who want the same layer wait for it, and no one else.
///
/// It is held while a thread of ``Workers`` reads and writes files, never on the cooperative pool.
final class KeyedLock: @unchecked Sendable {  // Every access to `held` is under `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var held: Set<String> = []

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` while no other thread holds `key`.
    func withLock<Result>(_ key: String, _ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        pthread_mutex_lock(mutex)
        while held.contains(key) { pthread_cond_wait(condition, mutex) }
        held.insert(key)
        pthread_mutex_unlock(mutex)
        defer {
            pthread_mutex_lock(mutex)
            held.remove(key)
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body()
    }
}
