//! Of what an event is, and by whom.

use crate::{
    Id,
    entity::{Order, User},
    unsaved::{FieldError, FieldProblem},
};

/// The order an event is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRef(Id);

impl OrderRef {
    /// The order with this id.
    ///
    /// # Errors
    /// [`FieldError`] when the id is empty.
    pub fn new(id: impl Into<Id>) -> Result<Self, FieldError> {
        let id = id.into();
        if id.is_empty() {
            return Err(FieldError::new("saleor.order", "order_id", FieldProblem::Empty));
        }
        Ok(Self(id))
    }

    /// The order of a notification.
    ///
    /// # Errors
    /// [`FieldError`] when it has no id.
    pub fn of(order: &Order) -> Result<Self, FieldError> {
        Self::new(order.id.as_str())
    }

    /// Its id.
    pub fn id(&self) -> &Id {
        &self.0
    }
}

/// Who did it: a user, or somebody anonymous, of whom nothing is recorded. In the event somebody anonymous is
/// `"user_id": null`, never an absent field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(Option<Id>);

impl Actor {
    /// The user with this id.
    ///
    /// # Errors
    /// [`FieldError`] when the id is empty; somebody without one is [`Actor::anonymous`].
    pub fn user(id: impl Into<Id>) -> Result<Self, FieldError> {
        let id = id.into();
        if id.is_empty() {
            return Err(FieldError::new("saleor.user", "user_id", FieldProblem::Empty));
        }
        Ok(Self(Some(id)))
    }

    /// The user of a notification.
    ///
    /// # Errors
    /// [`FieldError`] when it has no id.
    pub fn of(user: &User) -> Result<Self, FieldError> {
        Self::user(user.id.as_str())
    }

    /// A customer who is not logged in, or the system: the `user_id` of the event becomes null.
    pub fn anonymous() -> Self {
        Self(None)
    }

    /// The user's id; `None` for somebody anonymous.
    pub fn id(&self) -> Option<&Id> {
        self.0.as_ref()
    }

    /// Whether nothing is recorded of whoever it is.
    pub fn is_anonymous(&self) -> bool {
        self.0.is_none()
    }
}
