// A doubly linked list whose links live in its elements: O(1) removal, no allocation.
//
//   struct Waiter : base::ListNode<Waiter> { … };
//   base::IntrusiveList<Waiter> waiters;
//
// An element is in at most one list per ListNode base (use Tag for a second). Its destructor
// unlinks it. The list does not own its elements.
#pragma once

#include <cstddef>

#include "source/base/check.h"

namespace weir::base {

template <class T, class Tag>
class IntrusiveList;

template <class T, class Tag = void>
class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { Unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool is_linked() const { return next_ != nullptr; }
  void Unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  friend class IntrusiveList<T, Tag>;
  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

template <class T, class Tag = void>
class IntrusiveList {
 public:
  using Node = ListNode<T, Tag>;

  IntrusiveList() { root_.prev_ = root_.next_ = &root_; }
  // Elements that are left are unlinked, not destroyed.
  ~IntrusiveList() {
    while (!empty()) PopFront();
    root_.prev_ = root_.next_ = nullptr;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return root_.next_ == &root_; }
  T& front() { return Element(root_.next_); }
  T& back() { return Element(root_.prev_); }
  void PushBack(T& element) { InsertBefore(root_, element); }
  void PushFront(T& element) { InsertBefore(*root_.next_, element); }
  T& PopFront() {
    T& element = front();
    static_cast<Node&>(element).Unlink();
    return element;
  }
  T* Next(T& element) {
    Node* next = static_cast<Node&>(element).next_;
    return next == &root_ ? nullptr : &Element(next);
  }

  // Calls visit(T&) for each element; visit may remove the element it is given, no other.
  template <class Visit>
  void ForEach(Visit&& visit) {
    for (Node* node = root_.next_; node != &root_;) {
      Node* next = node->next_;
      visit(Element(node));
      node = next;
    }
  }

 private:
  static T& Element(Node* node) { return *static_cast<T*>(node); }
  static void InsertBefore(Node& place, T& element) {
    Node& node = element;
    WEIR_DCHECK(!node.is_linked());
    node.prev_ = place.prev_;
    node.next_ = &place;
    place.prev_->next_ = &node;
    place.prev_ = &node;
  }

  Node root_;
};

}  // namespace weir::base
