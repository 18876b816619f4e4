import BerthImages
import Glibc

// store-victim ROOT LAYOUT: works on an image store as a daemon would, for a test that kills it on the way: imports an
// image under two names, removes the image `old`, and collects everything that nothing needs.

let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(64) }
do {
    let store = try ImageStore(root: arguments[1])
    _ = try store.importImage(from: arguments[2], name: "new:1")
    _ = try store.importImage(from: arguments[2], name: "new:2")
    _ = try? store.remove("old")
    _ = try store.prune(all: false)
} catch {
    print(error)
    exit(1)
}
